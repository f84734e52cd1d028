package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tributary/internal/seal"
)

const keyFile = "secret.key"

// keptKey reads the key of the data directory, or makes it. Two processes that
// start at the same time end with the same key: the file appears whole, once.
func keptKey(dir string) (string, error) {
	path := filepath.Join(dir, keyFile)
	for {
		b, err := os.ReadFile(path)
		if err == nil {
			return strings.TrimSpace(string(b)), nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if err := makeKey(dir, path); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
}

func makeKey(dir, path string) error {
	// Others may pass through: the embedded PostgreSQL below may run as
	// another user. What is secret protects itself.
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // see above
		return err
	}
	f, err := os.CreateTemp(dir, keyFile+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := fmt.Fprintln(f, seal.Generate("local")); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
