package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/hub"
)

// models opens every model in the program.
func models(ctx context.Context, _ Options) []Finding {
	names := hub.Names()
	if len(names) == 0 {
		return []Finding{broken("models", "build the program with the embedded models: import _ \"github.com/sparsebio/sparsebio/biobert/models\"", "none is embedded in this program")}
	}
	var found []Finding
	began := time.Now()
	for _, name := range names {
		if err := open(ctx, name); err != nil {
			found = append(found, broken("models", "build the program again from a clean checkout; see also cpu", "%q does not open: %v", name, err))
		}
	}
	if len(found) > 0 {
		return found
	}
	if f, wrong := reads(ctx, names); wrong {
		return []Finding{f}
	}
	return []Finding{ok("models", "%s: all open, %.0f ms each", strings.Join(names, ", "), time.Since(began).Seconds()*1000/float64(len(names)))}
}

// open opens a model as a classifier of tokens or of sentences, whichever it is.
func open(ctx context.Context, name string) error {
	tokens, err := biobert.NewTokenClassification(ctx, name)
	if err == nil {
		return tokens.Close()
	}
	texts, other := biobert.NewTextClassification(ctx, name)
	if other == nil {
		return texts.Close()
	}
	return err
}

// reads has the first model that marks proteins read a sentence whose proteins are known.
func reads(ctx context.Context, names []string) (Finding, bool) {
	for _, name := range names {
		if name != "jnlpba" {
			continue
		}
		found, err := proteins(ctx, name)
		if err == nil && !strings.Contains(found, "IL-2") {
			err = fmt.Errorf("in %q it finds the proteins %q", sentence, found)
		}
		if err != nil {
			return broken("models", "try KERNELS_ISA=ref: if that helps, a kernel is wrong on this processor, which we would like to hear about", "%q does not read: %v", name, err), true
		}
	}
	return Finding{}, false
}

const sentence = "IL-2 activates NF-kappa B in T cells."

func proteins(ctx context.Context, name string) (string, error) {
	ner, err := biobert.NewTokenClassification(ctx, name)
	if err != nil {
		return "", err
	}
	defer ner.Close()
	doc, err := ner.AnnotateText(ctx, sentence)
	if err != nil {
		return "", err
	}
	var found []string
	for _, e := range doc.Entities {
		if e.Type == "protein" {
			found = append(found, e.Text)
		}
	}
	return strings.Join(found, ", "), nil
}
