package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tributary/internal/config"
)

// playedStores says where a demo's stores answer, and who its app is, so that a
// tool that works beside the demo reaches them, too.
type playedStores struct {
	ClientID     string            `json:"client_id"`
	ClientSecret string            `json:"client_secret"`
	Stores       map[string]string `json:"stores"` // Shopify's domain → address
}

func playedFile(dataDir string) string { return filepath.Join(dataDir, "demo-stores.json") }

// loadPlayed reads what a running demo has written down, and lets the tool call
// stores on this machine then. In production nothing is read.
func loadPlayed(c *config.Config) (p playedStores, err error) {
	if c.Production() {
		return p, nil
	}
	b, err := os.ReadFile(playedFile(c.DataDir))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, fmt.Errorf("read where the demo's stores are: %w", err)
	}
	c.PrivateStores = true
	c.ShopifyClientID, c.ShopifyClientSecret = p.ClientID, p.ClientSecret
	return p, nil
}

// keep writes it down until forget.
func (p playedStores) keep(dataDir string) (forget func(), err error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	name := playedFile(dataDir)
	if err := os.WriteFile(name, b, 0o600); err != nil {
		return nil, fmt.Errorf("write down where the demo's stores are: %w", err)
	}
	return func() { _ = os.Remove(name) }, nil
}
