package main

import "syscall"

// diesWithUs ends a started process with the test's, however that ends.
func diesWithUs() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
