package embedded

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startProcess starts cmd so that it is told to shut down when we die, however
// we die. The kernel ties that to the thread that forked, so one thread stays
// with the process for its life.
func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr.Pdeathsig = syscall.SIGINT // PostgreSQL's fast shutdown
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}
