package main

import "syscall"

// childAttr ends the Redis with us even when we are killed. Only the main
// thread of the process may tie that knot safely; it lives as long as we do.
func childAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
