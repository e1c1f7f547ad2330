package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"livestream-tui/services/kit/atomicfile"
)

// The names of the files in Folder.
const (
	fileIdentity   = "cluster.json"
	fileCA         = "ca.pem"
	fileCert       = "cert.pem"
	fileCertKey    = "key.pem"
	fileMachineKey = "machine.nk"
	fileEdgeKey    = "edge.nk"
	fileTable      = "table.json"
)

// FolderIn is the folder of the identity below STATE_PATH.
func FolderIn(state string) string { return filepath.Join(state, "cluster") }

// CAPath is the file with the certificate of the cluster.
func (i Identity) CAPath() string { return filepath.Join(i.Folder, fileCA) }

// CertPath is the file with the certificate of this machine. An edge has none.
func (i Identity) CertPath() string { return filepath.Join(i.Folder, fileCert) }

// CertKeyPath is the file with the key of that certificate. An edge has none.
func (i Identity) CertKeyPath() string { return filepath.Join(i.Folder, fileCertKey) }

// MachineKeyPath is the file with the seed of the role machine. An edge has none.
func (i Identity) MachineKeyPath() string { return filepath.Join(i.Folder, fileMachineKey) }

// EdgeKeyPath is the file with the seed of the role edge.
func (i Identity) EdgeKeyPath() string { return filepath.Join(i.Folder, fileEdgeKey) }

// TablePath is the file with the last copy of the Store, which the agent keeps.
func (i Identity) TablePath() string { return filepath.Join(i.Folder, fileTable) }

// EngineKeyPath is the file with the seed by which this machine's processes connect to the
// engine.
func (i Identity) EngineKeyPath() string {
	if i.Edge != nil {
		return i.EdgeKeyPath()
	}
	return i.MachineKeyPath()
}

// Open reads the identity in a folder. Files of keys that are missing there are made again. The
// error is ErrNone where there is no identity, or says what is wrong with a file.
func Open(folder string) (Identity, error) {
	i, err := read(folder)
	if err != nil {
		return Identity{}, err
	}
	return i, i.saveKeys()
}

// read is Open, and writes nothing.
func read(folder string) (Identity, error) {
	path := filepath.Join(folder, fileIdentity)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Identity{}, ErrNone
	}
	if err != nil {
		return Identity{}, err
	}
	var i Identity
	if json.Unmarshal(b, &i) != nil || !i.complete() {
		// Not the reason: it may quote the secret.
		return Identity{}, fmt.Errorf("%s: it is damaged; bring it back from a backup, or remove the folder and join again", path)
	}
	i.Folder = folder
	return i, nil
}

// complete reports whether an identity that was read has all that it needs.
func (i Identity) complete() bool {
	if i.check() != nil || i.Cluster == "" {
		return false
	}
	if i.Edge != nil {
		return i.Edge.complete()
	}
	return len(i.Secret) == secretSize
}

func (e Edge) complete() bool { return len(e.Key) == engineKeySize && len(e.CA) > 0 }

// SaveIn writes the files of an identity to another folder, and returns it as it is there.
func (i Identity) SaveIn(folder string) (Identity, error) {
	i.Folder = folder
	return i, i.save()
}

// save writes all files, the identity's own last: what has it has the others too.
func (i Identity) save() error {
	if err := os.MkdirAll(i.Folder, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(i.Folder, 0o700); err != nil {
		return err
	}
	if err := i.saveKeys(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	return write(filepath.Join(i.Folder, fileIdentity), append(b, '\n'))
}

// saveKeys writes the files of keys and certificates that are not as they have to be.
func (i Identity) saveKeys() error {
	files := map[string][]byte{fileCA: block("CERTIFICATE", i.authority())}
	var err error
	if files[fileEdgeKey], err = engineSeed(i.edgeKey()); err != nil {
		return err
	}
	if i.Edge == nil {
		if files[fileMachineKey], err = engineSeed(i.derived(labelMachine, engineKeySize)); err != nil {
			return err
		}
		if files[fileCert], files[fileCertKey], err = i.certificate(); err != nil {
			return err
		}
	}
	for name, want := range files {
		path := filepath.Join(i.Folder, name)
		if got, err := os.ReadFile(path); err == nil && bytes.Equal(got, want) {
			continue
		}
		if err := write(path, want); err != nil {
			return err
		}
	}
	return nil
}

// write replaces a file that only its owner can read. It is on the disk when write returns: a
// machine whose power fails must not lose its keys.
func write(path string, b []byte) error {
	return atomicfile.Write(path, b, atomicfile.Options{Mode: 0o600, Sync: true})
}

// Remove removes the identity of a folder, with its keys and with what else is there of the
// cluster. A folder without one is no error.
func Remove(folder string) error {
	// First the file that makes it an identity: what is left after a failure is no half of one.
	if err := os.Remove(filepath.Join(folder, fileIdentity)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(folder)
}
