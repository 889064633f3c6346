package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert/hub"
	_ "github.com/sparsebio/sparsebio/biobert/hub/download"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
)

func pullCommand() *cobra.Command {
	var revision, output string
	c := &cobra.Command{
		Use:   "pull NAME",
		Short: "Fetch a model of the Hugging Face hub and say where it is",
		Long: `Fetch the files of a model that are needed to run it: config.json, those of the tokenizer, and the
weights in one form. They go into the cache that Python uses, too, unless they are there already, so that the
model opens by its name without a network from then on. The folder is printed.

NAME is owner/name, or a zoo: stub if SPARSEBIO_ZOO names a folder or a repository that has its files. With
--output the files are copied into a folder, for a machine without a network: there the folder is the name
of the model.

The environment variables of Python's huggingface_hub count: HF_HOME, HF_TOKEN, HF_ENDPOINT and others.`,
		Example: `  sparsebio pull dmis-lab/biobert-base-cased-v1.1
  sparsebio pull owner/name --revision v1.1 --output name`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			var opts []hub.Option
			if revision != "" {
				opts = append(opts, hub.WithRevision(revision))
			}
			src, err := hub.Resolve(cmd.Context(), name, opts...)
			if err != nil {
				return err
			}
			if src.Note != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", src.Note)
			}
			if src.Packed != "" {
				if output != "" {
					return fmt.Errorf("%q is embedded in this program and has no files to copy", src.Name)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "%q is embedded in this program: there is nothing to fetch\n", src.Name)
				return nil
			}
			place, files, err := filesOf(src)
			if err != nil {
				return err
			}
			if note := unfit(files); note != "" {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", note)
			}
			if output != "" {
				if place, err = copyFiles(files, output, src.File != ""); err != nil {
					return err
				}
			}
			size := int64(0)
			for _, f := range files {
				size += f.size
			}
			what := name
			if src.Repo != "" {
				what = fmt.Sprintf("%s, commit %s of %s", name, src.Commit, src.Repo)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %d files, %.1f MB\n", what, len(files), float64(size)/1e6)
			fmt.Fprintln(cmd.OutOrStdout(), place)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&revision, "revision", "", "branch, tag or commit (default main)")
	f.StringVar(&output, "output", "", "folder to copy the files to; it is made if need be")
	return c
}

// A modelFile is a file of a model.
type modelFile struct {
	path string
	size int64
}

// unfit says why a model that was fetched cannot read texts as it is, or nothing.
func unfit(files []modelFile) string {
	i := slices.IndexFunc(files, func(f modelFile) bool { return filepath.Base(f.path) == "config.json" })
	if i < 0 || files[i].size > maxConfig {
		return ""
	}
	raw, err := os.ReadFile(files[i].path)
	if err != nil {
		return ""
	}
	c, err := bert.ParseConfig(raw)
	switch {
	case err != nil:
		return fmt.Sprintf("it cannot be opened: %v", err)
	case c.Head == bert.Encoder:
		return "it is an encoder without a head: sparsebio compress and inspect take it, to read texts it must be fine-tuned for a task first"
	}
	return ""
}

// maxConfig is more than any config.json has.
const maxConfig = 16 << 20

// filesOf returns where a model is and the files that it has there, those in folders of a folder left out: no
// model needs them.
func filesOf(src hub.Source) (place string, files []modelFile, err error) {
	place, paths := src.Dir, src.Files
	switch {
	case src.File != "":
		place, paths = src.File, []string{src.File}
	case paths == nil:
		entries, err := os.ReadDir(src.Dir)
		if err != nil {
			return "", nil, err
		}
		for _, e := range entries {
			paths = append(paths, filepath.Join(src.Dir, e.Name()))
		}
	}
	for _, path := range paths {
		st, err := os.Stat(path) // through the links of the cache
		if err != nil {
			return "", nil, err
		}
		if st.Mode().IsRegular() {
			files = append(files, modelFile{path, st.Size()})
		}
	}
	return place, files, nil
}

// copyFiles copies files into the folder dir, each whole or not at all, and returns what the model's name is there: the
// folder, or the one file.
func copyFiles(files []modelFile, dir string, single bool) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, f := range files {
		if err := copyFile(f.path, filepath.Join(dir, filepath.Base(f.path))); err != nil {
			return "", err
		}
	}
	if single {
		dir = filepath.Join(dir, filepath.Base(files[0].path))
	}
	return dir, nil
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	if a, err := src.Stat(); err == nil {
		if b, err := os.Stat(to); err == nil && os.SameFile(a, b) {
			return nil
		}
	}
	if st, err := os.Stat(to); err == nil && !st.Mode().IsRegular() {
		return &fs.PathError{Op: "copy", Path: to, Err: errors.New("there is something that is no file")}
	}
	return bert.WriteFile(to, src)
}
