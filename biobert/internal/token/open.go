package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// ErrNoTokenizer is in the error of Open for a folder that has neither
// tokenizer.json nor vocab.txt.
var ErrNoTokenizer = errors.New("neither tokenizer.json nor vocab.txt")

const (
	fileTokenizer = "tokenizer.json"
	fileVocab     = "vocab.txt"
	fileConfig    = "tokenizer_config.json"
)

// Limits of what is read from a checkpoint folder. BERT's files have 0.7 MB
// and 30,522 pieces; the largest multilingual ones stay below these.
const (
	maxFileBytes = 256 << 20
	maxPieces    = 4 << 20
	maxLineBytes = 60 << 10 // of vocab.txt; the reader's own limit is 64 KiB
)

// Open reads the tokenizer of a HF checkpoint folder: tokenizer.json if there
// is one, else vocab.txt with the switches of tokenizer_config.json. Only
// BERT's kind (BertNormalizer, BertPreTokenizer, WordPiece) is accepted; the
// error for another names it. See Notes for what was not obeyed.
func Open(dir string) (*Tokenizer, error) {
	path := filepath.Join(dir, fileTokenizer)
	if _, err := os.Stat(path); err == nil {
		t, err := openTokenizerJSON(path)
		if err != nil {
			return nil, fmt.Errorf("token: %s: %w", path, err)
		}
		return t, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("token: %w", err)
	}
	path = filepath.Join(dir, fileVocab)
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("token: %s: %w (is it a checkpoint folder?)", dir, ErrNoTokenizer)
		}
		return nil, fmt.Errorf("token: %w", err)
	}
	t, err := openVocab(path, filepath.Join(dir, fileConfig))
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	return t, nil
}

// readFile reads a regular file of sane size and refuses what is not UTF-8.
func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("%s: %d bytes, more than any tokenizer has", path, info.Size())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("%s: empty file (download it again)", path)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("%s: not UTF-8 (download it again)", path)
	}
	return data, nil
}

// kind is the part of a component of tokenizer.json that says what it is.
type kind struct {
	Type string `json:"type"`
}

func (k *kind) name() string {
	switch {
	case k == nil:
		return "none"
	case k.Type == "":
		return "one without a type"
	}
	return k.Type
}

type jsonNormalizer struct {
	kind
	CleanText          *bool `json:"clean_text"`
	HandleChineseChars *bool `json:"handle_chinese_chars"`
	StripAccents       *bool `json:"strip_accents"`
	Lowercase          *bool `json:"lowercase"`
}

type jsonPostProcessor struct {
	kind
	Single []struct {
		SpecialToken *struct {
			ID string `json:"id"`
		}
		Sequence *struct {
			ID string `json:"id"`
		}
	} `json:"single"`
	SpecialTokens map[string]struct {
		IDs    []int64  `json:"ids"`
		Tokens []string `json:"tokens"`
	} `json:"special_tokens"`
	Cls []any `json:"cls"` // of BertProcessing: [text, id]
	Sep []any `json:"sep"`
}

// jsonTokenizer is what is checked of a tokenizer.json before the library
// that reads it gets to see it. The vocabulary itself is that library's.
type jsonTokenizer struct {
	Truncation *struct {
		MaxLength int64 `json:"max_length"`
	} `json:"truncation"`
	Padding       json.RawMessage    `json:"padding"`
	Normalizer    *jsonNormalizer    `json:"normalizer"`
	PreTokenizer  *kind              `json:"pre_tokenizer"`
	PostProcessor *jsonPostProcessor `json:"post_processor"`
	Model         *struct {
		kind
		UnkToken                *string         `json:"unk_token"`
		ContinuingSubwordPrefix *string         `json:"continuing_subword_prefix"`
		MaxInputCharsPerWord    *int            `json:"max_input_chars_per_word"`
		Merges                  json.RawMessage `json:"merges"`
		Vocab                   json.RawMessage `json:"vocab"`
	} `json:"model"`
	Added []struct {
		ID int64 `json:"id"`
		AddedToken
	} `json:"added_tokens"`
}

func openTokenizerJSON(path string) (*Tokenizer, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, unpath(err, path)
	}
	var j jsonTokenizer
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, fmt.Errorf("not a tokenizer definition: %w (truncated? download it again)", err)
	}
	if j.Model == nil {
		return nil, errors.New("no model in it")
	}
	model := j.Model.Type
	if model == "" && j.Model.MaxInputCharsPerWord != nil && j.Model.Merges == nil {
		model = "WordPiece" // files older than tokenizers 0.9 do not say
	}
	switch {
	case model != "WordPiece":
		return nil, fmt.Errorf("model type %q (only WordPiece, as BERT models have, is supported)", j.Model.name())
	case j.Normalizer == nil || j.Normalizer.Type != "BertNormalizer":
		var k *kind
		if j.Normalizer != nil {
			k = &j.Normalizer.kind
		}
		return nil, fmt.Errorf("normalizer %q (only BertNormalizer is supported)", k.name())
	case j.PreTokenizer == nil || j.PreTokenizer.Type != "BertPreTokenizer":
		return nil, fmt.Errorf("pre-tokenizer %q (only BertPreTokenizer is supported)", j.PreTokenizer.name())
	}
	if p := strings.TrimSpace(string(j.Model.Vocab)); !strings.HasPrefix(p, "{") {
		return nil, errors.New("the model has no vocabulary (an object of piece: id)")
	}
	opts := Options{
		Lowercase:          orTrue(j.Normalizer.Lowercase),
		StripAccents:       j.Normalizer.StripAccents,
		CleanText:          orTrue(j.Normalizer.CleanText),
		HandleChineseChars: orTrue(j.Normalizer.HandleChineseChars),
	}
	if p := j.Model.UnkToken; p != nil {
		opts.UnknownToken = *p
	}
	if p := j.Model.ContinuingSubwordPrefix; p != nil {
		if *p == "" {
			return nil, errors.New("an empty continuing_subword_prefix (BERT's is \"##\")")
		}
		opts.ContinuingPrefix = *p
	}
	if p := j.Model.MaxInputCharsPerWord; p != nil {
		if *p <= 0 || *p > maxFileBytes {
			return nil, fmt.Errorf("max_input_chars_per_word %d (BERT's is 100)", *p)
		}
		opts.MaxInputCharsPerWord = *p
	}
	for _, a := range j.Added {
		opts.Added = append(opts.Added, a.AddedToken)
	}
	if opts.Before, opts.After, err = j.PostProcessor.template(); err != nil {
		return nil, err
	}
	vocab, err := readVocabJSON(path)
	if err != nil {
		return nil, err
	}
	t, err := New(vocab, opts)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "token: "))
	}
	for _, a := range j.Added {
		if id, ok := t.ID(a.Content); ok && int64(id) != a.ID {
			t.note("%s gives the added token %q the id %d, but it is number %d of the vocabulary: %d is used, as HF does", fileTokenizer, a.Content, a.ID, id, id)
		}
	}
	if j.Truncation != nil {
		t.note("%s asks to cut texts after %d pieces: not obeyed", fileTokenizer, j.Truncation.MaxLength)
	}
	if p := string(j.Padding); p != "" && p != "null" {
		t.note("%s asks to pad texts: not obeyed", fileTokenizer)
	}
	if len(opts.Before)+len(opts.After) == 0 {
		t.note("%s puts nothing around a text (no [CLS], no [SEP])", fileTokenizer)
	}
	return t, nil
}

func (t *Tokenizer) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func orTrue(b *bool) bool { return b == nil || *b }

// unpath drops the path that an error of package os repeats.
func unpath(err error, path string) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	if s, ok := strings.CutPrefix(err.Error(), path+": "); ok {
		return errors.New(s)
	}
	return err
}

// template returns what a post-processor puts around a single text.
func (p *jsonPostProcessor) template() (before, after []string, err error) {
	if p == nil {
		return nil, nil, nil
	}
	switch p.Type {
	case "BertProcessing":
		name := func(v []any) (string, bool) {
			if len(v) == 0 {
				return "", false
			}
			s, ok := v[0].(string)
			return s, ok
		}
		cls, ok1 := name(p.Cls)
		sep, ok2 := name(p.Sep)
		if !ok1 || !ok2 {
			return nil, nil, errors.New("BertProcessing without cls and sep")
		}
		return []string{cls}, []string{sep}, nil
	case "TemplateProcessing":
		seen := false
		for _, s := range p.Single {
			switch {
			case s.Sequence != nil && !seen:
				seen = true
			case s.SpecialToken != nil:
				special, ok := p.SpecialTokens[s.SpecialToken.ID]
				if !ok || len(special.Tokens) == 0 {
					return nil, nil, fmt.Errorf("the template uses %q, which special_tokens does not define", s.SpecialToken.ID)
				}
				if seen {
					after = append(after, special.Tokens...)
				} else {
					before = append(before, special.Tokens...)
				}
			default:
				return nil, nil, errors.New("a template that is not special tokens around one sequence")
			}
		}
		if !seen {
			return nil, nil, errors.New("a template without the text itself")
		}
		return before, after, nil
	}
	return nil, nil, fmt.Errorf("post-processor %q (TemplateProcessing and BertProcessing are supported)", p.Type)
}

// specialToken is a string, or an object with a content.
type specialToken string

func (s *specialToken) UnmarshalJSON(data []byte) error {
	if strings.HasPrefix(string(data), "{") {
		var o struct {
			Content string `json:"content"`
		}
		if err := json.Unmarshal(data, &o); err != nil {
			return err
		}
		*s = specialToken(o.Content)
		return nil
	}
	var v string
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	*s = specialToken(v)
	return nil
}

// jsonConfig is what counts of tokenizer_config.json when there is only a vocab.txt.
type jsonConfig struct {
	Class              string                `json:"tokenizer_class"`
	DoLowerCase        *bool                 `json:"do_lower_case"`
	StripAccents       *bool                 `json:"strip_accents"`
	HandleChineseChars *bool                 `json:"tokenize_chinese_chars"`
	Unk                specialToken          `json:"unk_token"`
	Sep                specialToken          `json:"sep_token"`
	Pad                specialToken          `json:"pad_token"`
	Cls                specialToken          `json:"cls_token"`
	Mask               specialToken          `json:"mask_token"`
	Added              map[string]AddedToken `json:"added_tokens_decoder"`
}

func openVocab(path, configPath string) (*Tokenizer, error) {
	var c jsonConfig
	var notes []string
	if data, err := readFile(configPath); err == nil {
		if err := json.Unmarshal(data, &c); err != nil {
			return nil, fmt.Errorf("%s: %w (download it again)", configPath, err)
		}
	} else if errors.Is(err, fs.ErrNotExist) {
		notes = append(notes, "no "+fileConfig+": BERT's defaults are used, text is lower-cased")
	} else {
		return nil, err
	}
	if c.Class != "" && !strings.HasPrefix(c.Class, "Bert") && !strings.HasPrefix(c.Class, "DistilBert") && !strings.HasPrefix(c.Class, "Electra") {
		return nil, fmt.Errorf("%s: tokenizer_class %q (only BERT's is supported)", configPath, c.Class)
	}
	for _, s := range []struct {
		token *specialToken
		usual specialToken
	}{{&c.Unk, "[UNK]"}, {&c.Sep, "[SEP]"}, {&c.Pad, "[PAD]"}, {&c.Cls, "[CLS]"}, {&c.Mask, "[MASK]"}} {
		if *s.token == "" {
			*s.token = s.usual
		}
	}
	vocab, err := readVocabText(path, string(c.Unk))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	opts := BERT(orTrue(c.DoLowerCase))
	opts.StripAccents = c.StripAccents
	opts.HandleChineseChars = orTrue(c.HandleChineseChars)
	opts.UnknownToken = string(c.Unk)
	opts.Before, opts.After = []string{string(c.Cls)}, []string{string(c.Sep)}
	known := make(map[string]bool, len(vocab))
	upper := 0
	for _, p := range vocab {
		known[p] = true
		if !strings.HasPrefix(p, "[") && p != strings.ToLower(p) {
			upper++
		}
	}
	opts.Added = nil
	flags := map[string]AddedToken{}
	for _, a := range c.Added {
		flags[a.Content] = a
	}
	for _, s := range []specialToken{c.Unk, c.Sep, c.Pad, c.Cls, c.Mask} {
		a, ok := flags[string(s)]
		if !ok {
			a = AddedToken{Content: string(s), Special: true}
		}
		delete(flags, string(s))
		if known[a.Content] {
			opts.Added = append(opts.Added, a)
		} else if s != c.Unk && s != c.Sep && s != c.Cls {
			notes = append(notes, fmt.Sprintf("%s has no %s, so it is not recognized in text", fileVocab, a.Content))
		}
	}
	for _, a := range flags {
		if !known[a.Content] {
			return nil, fmt.Errorf("%s: added token %q is not in %s (save the tokenizer again as %s)", configPath, a.Content, fileVocab, fileTokenizer)
		}
		opts.Added = append(opts.Added, a)
	}
	if opts.Lowercase && upper > len(vocab)/20 {
		notes = append(notes, fmt.Sprintf("%d pieces of %s have capital letters, yet text is lower-cased: for a cased model, set \"do_lower_case\": false in %s", upper, fileVocab, fileConfig))
	}
	t, err := New(vocab, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "token: "))
	}
	t.notes = notes
	return t, nil
}
