package api

import (
	"context"
	"net/http"
)

// tokenRequest asks for a playback token, and tokenAnswer has it: empty where everybody may
// play.
type (
	tokenRequest struct {
		Signal string `json:"signal"`
	}
	tokenAnswer struct {
		Token string `json:"token"`
	}
)

func (s *server) token(w http.ResponseWriter, r *http.Request) {
	var asked tokenRequest
	if status, err := given(w, r, "request for a token", &asked); err != nil {
		s.refuse(w, status, err)
		return
	}
	has, err := s.platform.Token(r.Context(), asked.Signal)
	if err != nil {
		s.refuse(w, http.StatusConflict, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	s.answer(w, http.StatusOK, tokenAnswer{has})
}

// Token implements platform.Platform. The error of a refusal is the platform's.
func (r *Remote) Token(ctx context.Context, signal string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	resp, err := r.post(ctx, "/token", tokenRequest{signal})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", r.refusal(resp)
	}
	var answer tokenAnswer
	if err := decode(resp.Body, &answer); err != nil {
		return "", r.unreadable(err)
	}
	return answer.Token, nil
}
