package bert

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const goodConfig = `{"model_type":"bert","architectures":["BertForTokenClassification"],"hidden_size":8,"num_hidden_layers":2,
"num_attention_heads":2,"intermediate_size":16,"hidden_act":"gelu","max_position_embeddings":32,"type_vocab_size":2,"vocab_size":100,
"layer_norm_eps":1e-12,"id2label":{"0":"O","1":"B-x","2":"I-x"}}`

func TestParseConfig(t *testing.T) {
	c, err := ParseConfig([]byte(goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	if c.Hidden != 8 || c.Layers != 2 || !slices.Equal(c.Labels, []string{"O", "B-x", "I-x"}) {
		t.Errorf("got %+v", c)
	}
	// Some checkpoints only have label2id, and write its numbers as strings.
	c, err = ParseConfig([]byte(strings.Replace(goodConfig, `"id2label":{"0":"O","1":"B-x","2":"I-x"}`, `"label2id":{"I-x":"2","O":0,"B-x":"1"}`, 1)))
	if err != nil || !slices.Equal(c.Labels, []string{"O", "B-x", "I-x"}) {
		t.Errorf("label2id: %+v, %v", c, err)
	}
	// Others have labels that are numbers.
	c, err = ParseConfig([]byte(strings.Replace(goodConfig, `"1":"B-x"`, `"1":1`, 1)))
	if err != nil || !slices.Equal(c.Labels, []string{"O", "1", "I-x"}) {
		t.Errorf("numbers as labels: %+v, %v", c, err)
	}
}

func TestParseConfigRefuses(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`{`, ``, "config.json"},
		{`"model_type":"bert"`, `"model_type":"roberta"`, `model_type "roberta"`},
		{`"model_type":"bert",`, ``, "no model_type"},
		{`BertForTokenClassification`, `BertForMultipleChoice`, "BertForMultipleChoice"},
		{`BertForTokenClassification`, `DistilBertForTokenClassification`, "DistilBertForTokenClassification"},
		{`"gelu"`, `"swish"`, `hidden_act "swish"`},
		{`"hidden_size":8`, `"hidden_size":9`, "not a multiple"},
		{`"hidden_size":8`, `"hidden_size":-8`, "hidden_size is -8"},
		{`"hidden_size":8`, `"hidden_size":99999999`, "hidden_size"},
		{`"vocab_size":100`, `"vocab_size":0`, "vocab_size is 0"},
		{`"num_hidden_layers":2`, `"num_hidden_layers":"two"`, "num_hidden_layers"},
		{`"type_vocab_size":2`, `"is_decoder":true`, "is_decoder"},
		{`"type_vocab_size":2`, `"position_embedding_type":"relative_key"`, "relative_key"},
		{`"0":"O"`, `"zero":"O"`, `"zero"`},
		{`"0":"O"`, `"7":"O"`, "not 0 to 2"},
		{`"id2label"`, `"other"`, "no id2label"},
		{`"max_position_embeddings":32`, `"max_position_embeddings":2`, "max_position_embeddings"},
	} {
		_, err := ParseConfig([]byte(strings.Replace(goodConfig, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s -> %s: got %v, want %q in it", c.old, c.new, err, c.want)
		}
	}
	if _, err := ParseConfig([]byte(`{"model_type":"t5"}`)); !errors.Is(err, ErrArchitecture) {
		t.Errorf("got %v, want ErrArchitecture", err)
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(goodConfig))
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := ParseConfig(b); err == nil && (c.Heads < 1 || c.Hidden%c.Heads != 0 || c.outputs() == 0) {
			t.Errorf("accepted %+v", c)
		}
	})
}

func TestParseConfigHeads(t *testing.T) {
	sequence := strings.Replace(goodConfig, "ForToken", "ForSequence", 1)
	qa := strings.Replace(goodConfig, "ForTokenClassification", "ForQuestionAnswering", 1)
	two := `"id2label":{"0":"no","1":"yes"}`
	labels := goodConfig[strings.Index(goodConfig, `"id2label"`) : len(goodConfig)-1]
	for _, c := range []struct {
		config string
		head   Head
		labels string
		err    string
	}{
		{goodConfig, TokenClassification, "O B-x I-x", ""},
		{strings.Replace(goodConfig, `"architectures":["BertForTokenClassification"],`, "", 1), TokenClassification, "O B-x I-x", ""},
		{strings.Replace(goodConfig, labels, labels+`,"num_labels":3`, 1), TokenClassification, "O B-x I-x", ""},
		{strings.Replace(goodConfig, labels, labels+`,"num_labels":4`, 1), 0, "", "num_labels is 4, but there are names for 3"},
		{strings.Replace(goodConfig, labels, labels+`,"num_labels":"3"`, 1), 0, "", `"num_labels" is a string`},
		{strings.Replace(goodConfig, labels, labels+`,"problem_type":7`, 1), 0, "", `"problem_type" is a number`},
		{strings.Replace(goodConfig, labels, labels+`,"problem_type":"regression"`, 1), TokenClassification, "O B-x I-x", ""}, // of no account here
		{sequence, SequenceClassification, "O B-x I-x", ""},
		{strings.Replace(sequence, labels, `"num_labels":3`, 1), SequenceClassification, "LABEL_0 LABEL_1 LABEL_2", ""},
		{strings.Replace(sequence, labels, `"pad_token_id":0`, 1), SequenceClassification, "LABEL_0 LABEL_1", ""},
		{strings.Replace(sequence, labels, two+`,"problem_type":"multi_label_classification"`, 1), SequenceClassification, "no yes", ""},
		{strings.Replace(sequence, labels, two+`,"problem_type":"single_label_classification"`, 1), SequenceClassification, "no yes", ""},
		{strings.Replace(sequence, labels, two+`,"problem_type":null`, 1), SequenceClassification, "no yes", ""},
		{strings.Replace(sequence, labels, `"id2label":{"0":"x"},"problem_type":"multi_label_classification"`, 1), SequenceClassification, "x", ""},
		{strings.Replace(sequence, labels, two+`,"problem_type":"regression"`, 1), 0, "", `problem_type "regression"`},
		{strings.Replace(sequence, labels, two+`,"problem_type":"ranking"`, 1), 0, "", `problem_type "ranking" is unknown`},
		{strings.Replace(sequence, labels, `"id2label":{"0":"x"}`, 1), 0, "", "regression"},
		{strings.Replace(sequence, labels, `"num_labels":1`, 1), 0, "", "regression"},
		{strings.Replace(sequence, labels, `"num_labels":0`, 1), 0, "", "num_labels is 0"},
		{strings.Replace(sequence, labels, `"num_labels":99999999`, 1), 0, "", "num_labels is 99999999"},
		{qa, QuestionAnswering, "start end", ""},
		{strings.Replace(goodConfig, "BertForTokenClassification", "BertForMaskedLM", 1), Encoder, "", ""},
		{strings.Replace(goodConfig, "BertForTokenClassification", "BertModel", 1), Encoder, "", ""},
		{strings.Replace(strings.Replace(goodConfig, `"architectures":["BertForTokenClassification"],`, "", 1), labels, `"pad_token_id":0`, 1), Encoder, "", ""},
		{strings.Replace(qa, labels, `"pad_token_id":0`, 1), QuestionAnswering, "start end", ""},
	} {
		got, err := ParseConfig([]byte(c.config))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: got %v, want %q in it", c.config[120:], err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.config[120:], err)
		} else if got.Head != c.head || strings.Join(got.Labels, " ") != c.labels {
			t.Errorf("%s: %v, %q", c.config[120:], got.Head, got.Labels)
		}
	}
}
