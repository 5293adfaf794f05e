// Command go-package prints a peer's result for each package in a folder, with the standard library of peers:
// archive/tar and compress/gzip. The rules around them are those of Fabric 3.1
// core/chaincode/persistence/chaincode_package.go (install) and core/container/externalbuilder/tar.go (unpack).
//
// Each line of output contains NAME, the results of install and of unpacking, and the unpacked tree, separated by tabs.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go-package FOLDER")
		os.Exit(64)
	}
	syscall.Umask(0)
	names, err := filepath.Glob(filepath.Join(os.Args[1], "*.tgz"))
	must(err)
	for _, name := range names {
		content, err := os.ReadFile(name)
		must(err)
		install, unpack, tree := judge(content)
		fmt.Printf("%s\t%s\t%s\t%s\n", strings.TrimSuffix(filepath.Base(name), ".tgz"), install, unpack, tree)
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// judge returns "ok" or the error for both steps; unpacking is "-" after a failed install.
func judge(content []byte) (install, unpack, tree string) {
	if err := check(content); err != nil {
		return err.Error(), "-", "-"
	}
	folder, err := os.MkdirTemp("", "go-package")
	must(err)
	defer os.RemoveAll(folder)
	source := filepath.Join(folder, "src")
	must(os.Mkdir(source, 0o700))
	if err := extract(firstCode(content), source); err != nil {
		return "ok", strings.ReplaceAll(err.Error(), source, "SRC"), "-"
	}
	return "ok", "ok", describe(source)
}

var label = regexp.MustCompile(`^[[:alnum:]][[:alnum:]_.+-]*$`)

// check makes the checks of a peer at install, before it builds.
func check(content []byte) error {
	var metadata *struct{ Label, Type, Path string }
	var code []byte
	stream, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("error reading as gzip stream: %w", err)
	}
	for archive := tar.NewReader(stream); ; {
		entry, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("error inspecting next tar header: %w", err)
		}
		if entry.Typeflag != tar.TypeReg {
			return fmt.Errorf("tar entry %s is not a regular file, type %d", entry.Name, entry.Typeflag)
		}
		file, err := io.ReadAll(archive)
		if err != nil {
			return fmt.Errorf("could not read %s from tar: %w", entry.Name, err)
		}
		switch entry.Name {
		case "code.tar.gz":
			code = file
		case "metadata.json":
			metadata = new(struct{ Label, Type, Path string })
			if err := json.Unmarshal(file, metadata); err != nil {
				return fmt.Errorf("could not unmarshal metadata.json as json: %w", err)
			}
		}
	}
	switch {
	case code == nil:
		return fmt.Errorf("did not find a code package inside the package")
	case metadata == nil:
		return fmt.Errorf("did not find any package metadata (missing metadata.json)")
	case !label.MatchString(metadata.Label):
		return fmt.Errorf("invalid label '%s'. Label must be non-empty, can only consist of alphanumerics, symbols "+
			"from '.+-_', and can only begin with alphanumerics", metadata.Label)
	}
	if err := readToEnd(code); err != nil {
		return fmt.Errorf("error retrieving DB artifacts from code package: %w", err)
	}
	return nil
}

func readToEnd(code []byte) error {
	stream, err := gzip.NewReader(bytes.NewReader(code))
	if err != nil {
		return err
	}
	archive := tar.NewReader(stream)
	for err == nil {
		_, err = archive.Next()
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// firstCode streams the code for the build, which uses the first file of that name.
func firstCode(content []byte) io.Reader {
	stream, err := gzip.NewReader(bytes.NewReader(content))
	must(err)
	archive := tar.NewReader(stream)
	for {
		entry, err := archive.Next()
		must(err)
		if entry.Name == "code.tar.gz" {
			return archive
		}
	}
}

func extract(code io.Reader, folder string) error {
	stream, err := gzip.NewReader(code)
	if err != nil {
		return err
	}
	archive := tar.NewReader(stream)
	for {
		entry, err := archive.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(entry.Name)
		if filepath.IsAbs(name) || name == ".." || strings.HasPrefix(name, "../") {
			return fmt.Errorf("tar contains the absolute or escaping path '%s'", entry.Name)
		}
		target := filepath.Join(folder, entry.Name)
		switch entry.Typeflag {
		case tar.TypeDir:
			err = os.MkdirAll(target, 0o700)
		case tar.TypeReg:
			err = put(target, entry.Mode, archive)
		default:
			err = fmt.Errorf("invalid file type '%d' contained in archive for file '%s'", entry.Typeflag, entry.Name)
		}
		if err != nil {
			return err
		}
	}
}

func put(target string, mode int64, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(target, os.O_CREATE|os.O_RDWR, os.FileMode(mode))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(file, content)
	return err
}

// escape writes unusual bytes as %XX.
func escape(name string) string {
	var text strings.Builder
	for _, char := range []byte(name) {
		switch {
		case 'a' <= char && char <= 'z', 'A' <= char && char <= 'Z', '-' <= char && char <= '9', char == '_':
			text.WriteByte(char)
		default:
			fmt.Fprintf(&text, "%%%02X", char)
		}
	}
	return text.String()
}

// describe lists PATH:MODE:SIZE:START-OF-SHA256 for files and PATH:MODE for folders.
func describe(folder string) string {
	var lines []string
	must(filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		must(err)
		info, err := entry.Info()
		must(err)
		name, err := filepath.Rel(folder, path)
		must(err)
		name = escape(name)
		switch {
		case name == ".":
		case entry.IsDir():
			lines = append(lines, fmt.Sprintf("%s:%03o", name, info.Mode().Perm()))
		default:
			content, err := os.ReadFile(path)
			must(err)
			sum := sha256.Sum256(content)
			lines = append(lines, fmt.Sprintf("%s:%03o:%d:%x", name, info.Mode().Perm(), len(content), sum[:4]))
		}
		return nil
	}))
	return strings.Join(lines, " ")
}
