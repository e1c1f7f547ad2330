package proxy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// fieldCase is one kind of packager, playlist or player, and what the proxy makes of it.
type fieldCase struct {
	name string
	run  func(f *field)
	// alone says why a plain proxy with a backup cannot meet the case; empty where it
	// can, and then it has to: so the case is known to be fair.
	alone string
}

const (
	aloneJumps    = "the media of the second packager jumps, and a plain proxy cannot say so"
	aloneSession  = "the session is unknown at the other packager, and a plain proxy begins none"
	aloneStatus   = "a plain proxy passes the answer of the first packager on"
	aloneNumbers  = "the numbers of the second packager are other ones, and a plain proxy passes them on"
	alonePlaylist = "a plain proxy passes the end of the first packager on"
	alonePath     = "a plain proxy has no path for its backup"
)

// fieldCases are all field cases with their tests: first those of the examples, by their
// names, then more of the kinds A (requests), B (misfits), C (names and identity), D
// (what is no segment), E (facts) and F (caching).
var fieldCases = []fieldCase{
	{"01 query catch up", fieldQueryCatchUp, ""},
	{"01 query rendition", fieldQueryRendition, ""},
	{"01 query token", fieldQueryToken, ""},
	{"01 query variant", fieldQueryVariant, ""},
	{"02 redirect to another host", fieldRedirectToAnotherHost, ""},
	{"02 redirected playlists", fieldRedirectedPlaylists, ""},
	{"02 redirected segments", fieldRedirectedSegments, ""},
	{"03 colon", fieldColon, ""},
	{"03 encoded slash", fieldEncodedSlash, ""},
	{"03 other folder", fieldOtherFolder, ""},
	{"03 other host", fieldOtherHost, ""},
	{"03 own host", fieldOwnHost, ""},
	{"04 no final newline", fieldNoFinalNewline, ""},
	{"05 longer segment", fieldLongerSegment, ""},
	{"05 target durations differ", fieldTargetsDiffer, ""},
	{"06 cyclic names", fieldCyclicNames, ""},
	{"07 growing file", fieldGrowingFile, ""},
	{"07 vod by ranges", fieldFilmByRanges, ""},
	{"08 own keys", fieldOwnKeys, ""},
	{"08 own keys same uri", fieldOwnKeysSameURI, ""},
	{"08 own keys slow", fieldOwnKeysSlow, ""},
	{"08 vod encrypted", fieldFilmEncrypted, ""},
	{"09 cue out first look", fieldCueOutFirstLook, ""},
	{"09 daterange at head", fieldDateRangeAtHead, ""},
	{"09 daterange behind last", fieldDateRangeBehindLast, ""},
	{"09 daterange open", fieldDateRangeOpen, ""},
	{"09 daterange updated", fieldDateRangeUpdated, ""},
	{"10 event", fieldEvent, ""},
	{"10 long window", fieldLongWindow, ""},
	{"12 discontinuity sequence", fieldDiscontinuitySequence, ""},
	{"14 token per answer", fieldTokenPerAnswer, ""},
	{"14 token per interval", fieldTokenPerInterval, ""},
	{"15 odd media playlists", fieldOddMediaPlaylists, ""},
	{"15 odd multivariant playlists", fieldOddMasters, ""},
	{"17 playlist without suffix", fieldPlaylistWithoutSuffix, ""},
	{"20 late segments", fieldLateSegments, ""},
	{"24 offset kill", fieldOffsetKill, aloneJumps},
	{"24 offset slow", fieldOffsetSlow, ""},

	{"A signed query", fieldSignedQuery, ""},
	{"A segments told apart by the query alone", fieldSegmentsByQuery, ""},
	{"A many tokens", fieldManyTokens, ""},
	{"A token over a kill", fieldTokenKill, ""},
	{"A renditions by query over a kill", fieldQueryRenditionKill, ""},
	{"A delivery directives", fieldDirectives, ""},
	{"A ignored arguments", fieldIgnoredQuery, ""},
	{"A meaningful arguments", fieldMeaningfulQuery, ""},
	{"A defined by the query", fieldDefine, ""},
	{"A other resources and methods", fieldOtherMethods, ""},
	{"A statuses of redirects", fieldRedirectStatuses, ""},
	{"A redirect loop", fieldRedirectLoop, ""},
	{"A redirect between packagers", fieldRedirectBetweenPackagers, ""},
	{"A redirect to the own host over a kill", fieldRedirectToOwnHostKill, ""},
	{"A redirected segments elsewhere", fieldRedirectedSegmentsElsewhere, ""},
	{"A redirect to sessions", fieldRedirectToSessions, ""},
	{"A redirect to sessions over a kill", fieldRedirectToSessionsKill, ""},
	{"A redirect with a query", fieldRedirectWithQuery, ""},
	{"A types of playlists", fieldPlaylistTypes, ""},
	{"A statuses", fieldStatuses, ""},
	{"A second packager refuses", fieldSecondRefuses, ""},
	{"A first packager refuses", fieldFirstRefuses, aloneStatus},
	{"A first packager is ill", fieldFirstIll, aloneStatus},
	{"A missing names", fieldMissing, ""},
	{"A paths of our own routes", fieldOwnRoutes, ""},
	{"A gzip for who takes it", fieldAskedGzip, ""},
	{"A cookies are each player's own", fieldOwnCookies, ""},
	{"A authorization", fieldAuthorization, ""},
	{"A authorization over a kill", fieldAuthorizationKill, ""},
	{"A a cookie of no meaning", fieldCookieOfNoMeaning, ""},
	{"A set-cookie with segments", fieldSetCookieWithSegments, ""},
	{"A own sessions", fieldOwnSessions, ""},
	{"A sessions in the path", fieldSessionsInPath, ""},
	{"A own sessions over a kill", fieldOwnSessionsKill, aloneSession},
	{"A sessions in the path over a kill", fieldSessionsInPathKill, aloneSession},
	{"A contexts over a kill", fieldContextsKill, aloneSession},
	{"A sessions end", fieldSessionsEnd, ""},
	{"A many sessions", fieldManySessions, ""},
	{"A own header of a player", fieldOwnHeader, ""},
	{"A referer", fieldReferer, ""},
	{"A user agent", fieldUserAgent, ""},
	{"A body of a refusal", fieldRefusalBody, ""},
	{"A preflight", fieldPreflight, ""},
	{"A credentials", fieldCredentials, ""},
	{"A argument of a player over a restart", fieldPlayerAddsQuery, ""},
	{"A redirect of key and map over a kill", fieldRedirectOfKeyAndMap, ""},

	{"B unusual names", fieldUnusualNames, ""},
	{"B unusual paths of playlists", fieldUnusualPlaylistPaths, ""},
	{"B unusual variants", fieldUnusualVariants, ""},
	{"B long uri", fieldLongURI, ""},
	{"B own host everywhere", fieldOwnHostEverywhere, ""},
	{"B own host with port", fieldOwnHostWithPort, ""},
	{"B other host over a kill", fieldOtherHostKill, ""},
	{"B more odd media playlists", fieldOddMediaPlaylistsMore, ""},
	{"B more odd multivariant playlists", fieldOddMastersMore, ""},
	{"B unusual media", fieldUnusualMedia, ""},
	{"B fragmented mp4 over a kill", fieldFragmented, ""},
	{"B unasked gzip", fieldUnaskedGzip, ""},
	{"B without length", fieldWithoutLength, ""},
	{"B cut short", fieldCutShort, ""},
	{"B longer than the target duration", fieldLongerThanTarget, ""},
	{"B longer at one packager", fieldLongerAtOne, ""},
	{"B always longer", fieldAlwaysLonger, ""},
	{"B irregular segments over a kill", fieldIrregular, ""},
	{"B reconfigured", fieldReconfigured, ""},
	{"B reconfigured from zero", fieldReconfiguredFromZero, ""},
	{"B media to multivariant and back", fieldMediaToMultivariant, ""},
	{"B late segments with 503", fieldLateSegmentsUnavailable, ""},
	{"B late segments at one packager", fieldLateAtOne, ""},
	{"B held segments", fieldHeldSegments, ""},
	{"B segments in a trickle", fieldTrickle, ""},
	{"B channel begins late", fieldBeginsLate, ""},
	{"B next event at the same path", fieldNextEvent, ""},
	{"B both packagers die", fieldBothDie, ""},
	{"B playlist gone for a while", fieldPlaylistGone, ""},
	{"B segments at the other packager", fieldSegmentsAtOther, aloneStatus},
	{"B slow playlists", fieldSlowPlaylists, ""},
	{"B multivariant playlist changes", fieldMasterChanges, ""},
	{"B huge numbers", fieldHugeNumbers, ""},
	{"B next event soon", fieldNextEventSoon, ""},
	{"B next event in the multivariant playlist", fieldNextEventInMaster, ""},
	{"B kinds of playlist differ", fieldKindsDiffer, ""},
	{"B slower than the target duration", fieldSlowerThanTarget, ""},
	{"B paths of packagers", fieldBasePath, alonePath},
	{"B estimated duration", fieldEstimatedDuration, ""},
	{"B whole seconds at one packager", fieldWholeSeconds, ""},

	{"C cyclic names over a kill", fieldCyclicNamesKill, ""},
	{"C cyclic names bear no promise", fieldCyclicNamesCaching, ""},
	{"C cyclic names over a restart from zero", fieldRestartFromZero, ""},
	{"C growing files over a kill", fieldGrowingFileKill, ""},
	{"C implied offsets", fieldImpliedOffsets, ""},
	{"C huge file", fieldHugeSegment, ""},
	{"C keys change each third segment", fieldKeyRotation, ""},
	{"C implied vectors over a restart", fieldImpliedVector, ""},
	{"C written vectors over a kill", fieldWrittenVector, ""},
	{"C clear segments between", fieldClearBetween, ""},
	{"C key at another host", fieldKeyAtOtherHost, ""},
	{"C key at the own host", fieldKeyAtOwnHost, ""},
	{"C key with a token", fieldKeyWithToken, ""},
	{"C key replaced", fieldKeyReplaced, ""},
	{"C keys of drm", fieldKeysOfDRM, ""},
	{"C encrypted fragments over a kill", fieldEncryptedFragments, ""},
	{"C token per answer over a kill", fieldTokenPerAnswerKill, ""},
	{"C token in the path", fieldTokenInPath, ""},
	{"C short-lived tokens", fieldTokenShort, ""},
	{"C offset packager comes back", fieldOffsetComesBack, aloneJumps},
	{"C own initialization sections", fieldOwnInits, ""},
	{"C own ranges of packagers", fieldOwnRanges, ""},
	{"C own names of packagers", fieldOwnNames, ""},
	{"C ranges over a restart", fieldRangesAnew, ""},

	{"D break over a kill", fieldCueOutKill, ""},
	{"D daterange removed", fieldDateRangeRemoved, ""},
	{"D daterange over a kill", fieldDateRangeKill, ""},
	{"D header tags once", fieldHeaderTagsOnce, ""},
	{"D tags of segments", fieldTagsOfSegments, ""},
	{"D own gap", fieldOwnGap, ""},
	{"D i-frames", fieldIFrames, ""},
	{"D event over a kill", fieldEventKill, ""},
	{"D event ends", fieldEventEnds, ""},
	{"D ends at both packagers", fieldEndsAtBoth, ""},
	{"D ends at the second packager", fieldEndsAtSecond, ""},
	{"D ends at the first packager", fieldEndsAtFirst, alonePlaylist},
	{"D long window over a kill", fieldLongWindowKill, ""},
	{"D window changes", fieldWindowChanges, ""},
	{"D recording over a kill", fieldFilmKill, ""},
	{"D low latency", fieldLowLatencyPasses, ""},
	{"D low latency over a kill", fieldLowLatencyKill, ""},
	{"D no delta updates", fieldNoDelta, ""},

	{"E discontinuity sequence after two restarts", fieldDiscontinuitySequenceTwice, ""},
	{"E discontinuity sequence over a kill", fieldDiscontinuitySequenceKill, ""},
	{"E own discontinuities", fieldOwnDiscontinuities, ""},
	{"E clocks apart", fieldClocksApart, ""},
	{"E dates go back", fieldDatesGoBack, ""},
	{"E demuxed audio over a kill", fieldDemuxed, ""},
	{"E own numbers of packagers", fieldOwnNumbers, aloneNumbers},
	{"E subtitles of each packager's own", fieldSubtitlesOfEachOwn, ""},

	{"F own caching", fieldOwnCaching, ""},
	{"F changing resources", fieldChanging, ""},
	{"F promises", fieldPromises, ""},
	{"F left the window", fieldLeftTheWindow, ""},
	{"F ways to read", fieldReads, ""},
	{"F probes", fieldProbes, ""},
	{"F validators of a recording", fieldFilmValidators, ""},
}

// TestField runs each case through the proxy.
func TestField(t *testing.T) {
	for i, c := range fieldCases {
		if i%fieldStep == 0 {
			t.Run(c.name, func(t *testing.T) { tellField(t, runField(t, startField, false, c.run)) })
		}
	}
}

// TestFieldLab runs each case through a plain proxy with a backup, so that a case that
// is wrong or unfair is noticed here.
func TestFieldLab(t *testing.T) {
	for i, c := range fieldCases {
		if c.alone == "" && i%fieldStep == 0 {
			t.Run(c.name, func(t *testing.T) { tellField(t, runField(t, startFieldControl, true, c.run)) })
		}
	}
}

// TestFieldLabNotices runs cases through fronts that do what a proxy must not: the case
// that is for it fails.
func TestFieldLabNotices(t *testing.T) {
	cases := fieldCases
	if fieldStep > 1 {
		t.Skip("it has no code of ours but the tests', which run once without the race detector")
	}
	for name, fault := range fieldFaults() {
		for _, want := range fault.cases {
			t.Run(name+" "+want, func(t *testing.T) {
				i := slices.IndexFunc(cases, func(c fieldCase) bool { return c.name == want })
				if i < 0 {
					t.Fatalf("got no case %q, want one of fieldCases", want)
				}
				if bad := runField(t, fault.front, true, cases[i].run); len(bad) == 0 {
					t.Errorf("got nothing wrong through a front that %s, want the case to fail", name)
				}
			})
		}
	}
}

// tellField fails the test for what was found wrong.
func tellField(t *testing.T, bad []string) {
	t.Helper()
	const most = 4
	if len(bad) > most {
		bad = append(bad[:most:most], fmt.Sprintf("and %d more", len(bad)-most))
	}
	if len(bad) > 0 {
		t.Errorf("%s", strings.Join(bad, "\n"))
	}
}
