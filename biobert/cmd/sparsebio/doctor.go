package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert/cmd/sparsebio/internal/doctor"
)

func doctorCommand() *cobra.Command {
	var asJSON, offline, withoutNotebooks bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Look at this machine and say what to fix",
		Long: `Look at everything that reading, and notebooks, need: the processor and its kernels, memory, the embedded models,
caches and the room in them, Go and its settings, the GoNB kernel and what it calls, whether a cell compiles and
runs, and whether the Hugging Face hub is within reach. Nothing is changed.

Each line is ok, a warning (works, but not as well as it could) or broken (something will fail), and then says what
to do. The exit status is 1 if something is broken.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			found := []doctor.Finding{}
			broken := 0
			for f := range doctor.Run(cmd.Context(), doctor.Options{Network: !offline, Notebooks: !withoutNotebooks}) {
				found = append(found, f)
				if f.Status == doctor.Broken {
					broken++
				}
				if !asJSON {
					if err := f.Write(out); err != nil {
						return err
					}
				}
			}
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(out)
				enc.SetIndent("", "  ")
				if err := enc.Encode(struct {
					OK       bool             `json:"ok"`
					Findings []doctor.Finding `json:"findings"`
				}{broken == 0, found}); err != nil {
					return err
				}
			}
			switch {
			case broken == 1:
				return fmt.Errorf("doctor: 1 thing is broken")
			case broken > 1:
				return fmt.Errorf("doctor: %d things are broken", broken)
			}
			return nil
		},
	}
	f := c.Flags()
	f.BoolVar(&asJSON, "json", false, "write JSON")
	f.BoolVar(&offline, "offline", false, "do not ask the network whether it is there")
	f.BoolVar(&withoutNotebooks, "without-notebooks", false, "leave out what only notebooks need: Go, the kernel")
	return c
}
