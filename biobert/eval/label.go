package eval

// LabelF1 scores the labels of rows, such as pairs of entities, over the labels that say something: those in
// positives. A row whose gold label is another one is there to be left alone. Micro is the figure that is published for
// ChemProt, and for DDI by BLURB; it equals scikit-learn's f1_score with labels=positives and
// average="micro". Macro, which BLUE publishes for DDI, is the mean over positives and equals that with
// average="macro". Types has all of positives, also those that no row has. It panics if gold and
// pred differ in length.
func LabelF1(gold, pred []string, positives []string) Scores {
	if len(gold) != len(pred) {
		panic(errRows)
	}
	t := newTally()
	for _, p := range positives {
		t.class(p)
	}
	for i, g := range gold {
		t.unit()
		_, inGold := t.index[g]
		_, inPred := t.index[pred[i]]
		switch {
		case inGold && g == pred[i]:
			t.add(g, 1, 1, 1)
			continue
		case inGold:
			t.add(g, 0, 0, 1)
		}
		if inPred {
			t.add(pred[i], 0, 1, 0)
		}
	}
	return t.scores()
}
