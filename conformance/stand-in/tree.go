package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// copyTree merges one tree into another: files are overwritten, others are kept, links and pipes are recreated (13), and
// every mode is exactly that of the source, independent of the umask (12).
func copyTree(from, to string) error {
	information, err := os.Lstat(from)
	if err != nil {
		return err
	}
	switch kind := information.Mode(); {
	case kind.IsDir():
		return copyFolder(from, to, kind)
	case kind&os.ModeSymlink != 0:
		return copyLink(from, to)
	case kind&os.ModeNamedPipe != 0:
		return syscall.Mkfifo(to, uint32(kind.Perm()))
	case kind.IsRegular():
		return copyFile(from, to, kind)
	default:
		return fmt.Errorf("cannot copy %s", from)
	}
}

func copyFolder(from, to string, mode os.FileMode) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, entry := range entries {
		if err := copyTree(filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())); err != nil {
			return err
		}
	}
	return os.Chmod(to, mode.Perm())
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	return os.Symlink(target, to)
}

// copyFile truncates its target first, so that a file copied onto itself is lost (15).
func copyFile(from, to string, mode os.FileMode) error {
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	defer target.Close()
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if _, err := target.Write(content); err != nil {
		return err
	}
	return os.Chmod(to, mode.Perm())
}
