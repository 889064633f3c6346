package events

import "strings"

// The types of events: those of the BioNLP shared tasks GE (2009, 2011) and EPI (2011).
const (
	GeneExpression     = "Gene_expression"
	Transcription      = "Transcription"
	ProteinCatabolism  = "Protein_catabolism"
	Localization       = "Localization"
	Binding            = "Binding"
	Regulation         = "Regulation"
	PositiveRegulation = "Positive_regulation"
	NegativeRegulation = "Negative_regulation"
	Phosphorylation    = "Phosphorylation"
	Dephosphorylation  = "Dephosphorylation"
	Ubiquitination     = "Ubiquitination"
	Deubiquitination   = "Deubiquitination"
	Sumoylation        = "Sumoylation"
	Methylation        = "Methylation"
	Demethylation      = "Demethylation"
	Acetylation        = "Acetylation"
	Deacetylation      = "Deacetylation"
	Glycosylation      = "Glycosylation"
	Hydroxylation      = "Hydroxylation"
)

// A frame says how a trigger takes its arguments.
type frame uint

const (
	intransitive frame = 1 << iota // without an object the subject is the theme: "A increased"
	inverse                        // the object is the cause: "A requires B"
	symmetric                      // two subjects are two themes: "A and B interact"
	change                         // what changes may stand behind "in": "an increase in A"
	effect                         // "of" gives the cause and "on" the theme: "the effect of A on B"
	needs                          // "for" gives the theme and the subject is the cause: "A is required for B"
	paired                         // no event with one theme alone: "associated with A"
	phrased                        // a noun that is light beside an entity: "the A complex"
)

// An entry is what the lexicon knows of a trigger.
type entry struct {
	event string
	frame frame
	preps string // that lead to the object of the verb, with a space on both sides: " to with "
}

// A form is how a word is inflected.
type form uint8

const (
	noun      form = 1 + iota
	finite         // induce, induces
	past           // induced: a past tense or a participle
	gerund         // inducing
	adjective      // dependent
)

// A trigger is one reading of a word.
type trigger struct {
	entry *entry
	form  form
}

// A verb is a row of the lexicon: its base form, the nouns made from it, and the irregular
// past forms of all its verbs.
type verb struct {
	entry
	words string // verbs, spelled as in America
	nouns string
	pasts string // in place of those in "ed"
}

var lexicon = []verb{
	{entry{GeneExpression, 0, ""}, "express overexpress coexpress reexpress misexpress produce synthesize", "expression overexpression coexpression reexpression production synthesis biosynthesis", ""},
	{entry{Transcription, 0, ""}, "transcribe", "transcription transactivation", ""},
	{entry{ProteinCatabolism, intransitive, ""}, "degrade proteolyze", "degradation proteolysis breakdown catabolism", ""},
	{entry{Localization, 0, ""}, "secrete release internalize recruit export import sequester mobilize", "secretion release internalization recruitment export import mobilization", ""},
	{entry{Localization, intransitive, ""}, "translocate localize relocalize relocate accumulate shuttle", "translocation localization relocalization trafficking", ""},
	{entry{Binding, symmetric, " to with "}, "dimerize heterodimerize oligomerize", "dimerization heterodimerization homodimerization oligomerization", ""},
	{entry{Binding, symmetric | paired, " to with "}, "interact associate coimmunoprecipitate colocalize", "interaction association coimmunoprecipitation", ""},
	{entry{Binding, symmetric, " to with "}, "bind", "", "bound"},
	{entry{Binding, 0, ""}, "", "binding", ""},
	{entry{Binding, 0, " to with "}, "crosslink ligate", "ligation engagement occupancy crosslinking", ""},
	{entry{Binding, symmetric | paired | phrased, ""}, "", "complex complexes heterodimer heterodimers", ""},

	{entry{Phosphorylation, 0, ""}, "phosphorylate hyperphosphorylate transphosphorylate", "phosphorylation hyperphosphorylation transphosphorylation", ""},
	{entry{Phosphorylation, intransitive, ""}, "autophosphorylate", "autophosphorylation", ""},
	{entry{Dephosphorylation, 0, ""}, "dephosphorylate", "dephosphorylation", ""},
	{entry{Ubiquitination, 0, ""}, "ubiquitinate ubiquitylate polyubiquitinate polyubiquitylate monoubiquitinate", "ubiquitination ubiquitylation polyubiquitination polyubiquitylation monoubiquitination", ""},
	{entry{Deubiquitination, 0, ""}, "deubiquitinate deubiquitylate", "deubiquitination deubiquitylation", ""},
	{entry{Sumoylation, 0, ""}, "sumoylate", "sumoylation", ""},
	{entry{Methylation, 0, ""}, "methylate hypermethylate", "methylation hypermethylation trimethylation dimethylation", ""},
	{entry{Demethylation, 0, ""}, "demethylate", "demethylation", ""},
	{entry{Acetylation, 0, ""}, "acetylate hyperacetylate", "acetylation hyperacetylation", ""},
	{entry{Deacetylation, 0, ""}, "deacetylate", "deacetylation", ""},
	{entry{Glycosylation, 0, ""}, "glycosylate", "glycosylation", ""},
	{entry{Hydroxylation, 0, ""}, "hydroxylate", "hydroxylation", ""},

	{entry{PositiveRegulation, 0, ""}, `induce activate stimulate enhance promote upregulate augment potentiate trigger elevate mediate elicit facilitate
		stabilize boost amplify accelerate evoke transactivate reactivate coactivate agonize`,
		`induction activation stimulation enhancement promotion upregulation augmentation potentiation elevation stabilization
		amplification coactivation`, ""},
	{entry{PositiveRegulation, 0, ""}, "drive", "", "drove driven"},
	{entry{PositiveRegulation, intransitive | change, ""}, "increase", "increase increases elevation", ""},
	{entry{PositiveRegulation, intransitive | change, ""}, "rise", "rise", "rose risen"},
	{entry{PositiveRegulation, 0, " to "}, "lead", "", "led"},
	{entry{PositiveRegulation, 0, " in "}, "result", "", ""},
	{entry{PositiveRegulation, inverse | needs, ""}, "require", "requirement", ""},
	{entry{PositiveRegulation, inverse, " on upon "}, "depend rely", "", ""},
	{entry{NegativeRegulation, 0, ""}, `inhibit suppress repress block reduce abolish abrogate attenuate prevent downregulate impair diminish antagonize silence deplete
		lower inactivate disrupt counteract neutralize eliminate blunt ablate hinder curtail dampen destabilize`,
		`inhibition suppression repression blockade reduction abolition abrogation attenuation prevention downregulation impairment
		antagonism silencing depletion inactivation disruption neutralization elimination blocking ablation knockdown knockout loss deletion destabilization`, ""},
	{entry{NegativeRegulation, intransitive | change, ""}, "decrease decline", "decrease decreases decline reduction", ""},
	{entry{NegativeRegulation, 0, " with "}, "interfere", "interference", ""},
	{entry{NegativeRegulation, 0, ""}, "lose", "", "lost"},
	{entry{Regulation, 0, ""}, "regulate modulate affect alter control influence", "regulation modulation control alteration dysregulation deregulation", ""},
	{entry{Regulation, effect, ""}, "", "effect effects influence impact", ""},
}

// adjectives are triggers with a complement, and behind a hyphen: "dependent on A", "A-dependent".
var adjectives = map[string]*entry{
	"dependent": {PositiveRegulation, inverse, " on upon "},
	"essential": {PositiveRegulation, needs, ""},
	"necessary": {PositiveRegulation, needs, ""},
	"inducible": {PositiveRegulation, 0, ""},
}

// nounsAndVerbs are both, so that what stands around them decides.
var nounsAndVerbs = wordSet("increase increases decrease decreases rise decline declines release releases control block import export influence influences result results impact lower")

// triggers has the readings of every form in the lexicon, in small letters and without hyphens.
var triggers = makeTriggers()

func makeTriggers() map[string][]trigger {
	m := make(map[string][]trigger)
	add := func(w string, e *entry, f form) {
		for _, t := range m[w] {
			if t.form == f {
				return // the first row of the lexicon wins
			}
		}
		m[w] = append(m[w], trigger{e, f})
	}
	for i := range lexicon {
		v := &lexicon[i]
		for w := range strings.FieldsSeq(v.nouns) {
			add(w, &v.entry, noun)
			if s, ok := strings.CutSuffix(w, "ization"); ok {
				add(s+"isation", &v.entry, noun)
			}
		}
		for w := range strings.FieldsSeq(v.pasts) {
			add(w, &v.entry, past)
		}
		for w := range strings.FieldsSeq(v.words) {
			for _, w := range spellings(w) {
				add(w, &v.entry, finite)
				add(third(w), &v.entry, finite)
				if v.pasts == "" {
					add(stem(w)+"ed", &v.entry, past)
				}
				add(stem(w)+"ing", &v.entry, gerund)
			}
		}
	}
	for w, e := range adjectives {
		add(w, e, adjective)
	}
	return m
}

// spellings returns a verb as it is spelled in America and in Britain.
func spellings(w string) []string {
	if s, ok := strings.CutSuffix(w, "ize"); ok {
		return []string{w, s + "ise"}
	}
	if s, ok := strings.CutSuffix(w, "yze"); ok {
		return []string{w, s + "yse"}
	}
	return []string{w}
}

// third returns the third person of a verb.
func third(w string) string {
	if strings.HasSuffix(w, "s") || strings.HasSuffix(w, "sh") || strings.HasSuffix(w, "ch") {
		return w + "es"
	}
	return w + "s"
}

// stem returns what "ed" and "ing" are joined to.
func stem(w string) string {
	switch w {
	case "control":
		return "controll"
	case "export", "import":
		return w
	}
	if s, ok := strings.CutSuffix(w, "e"); ok {
		return s
	}
	return w
}

func wordSet(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

var (
	determiners  = wordSet("the a an this these those its their our every some any no several many other another such same endogenous exogenous human mouse murine rat recombinant")
	beForms      = wordSet("is are was were be been being become becomes became")
	auxiliaries  = wordSet("is are was were be been being become becomes became has have had having do does did can could may might must shall should will would cannot")
	negations    = wordSet("not never cannot neither")
	prepositions = wordSet(`of in by to with from on at for between through via after upon during following under within into against without
		among toward towards onto over despite than as before until including like per across using`)
	conjunctions  = wordSet("and or but nor")
	subordinators = wordSet(`which who that whose whereas while whilst although though because if whether when where since so unless once
		thereby suggesting indicating demonstrating showing whereby hence`)
	adverbs = wordSet(`also then thus therefore however further furthermore moreover less more most only even still already together alone again often
		soon rather well either together each all nevertheless interestingly instead later  first both significantly respectively conversely`)
	notAdverbs = wordSet("family assembly anomaly early daily supply apply reply rely imply multiply fly")
	// otherVerbs are finite verbs that are no triggers; where they are missing a sentence yields less, not wrong events.
	otherVerbs = wordSet(`show shows showed shown suggest suggests suggested demonstrate demonstrates demonstrated find found reveal reveals revealed
		report reported indicate indicates indicated contain contains contained remain remains remained stay stayed correlate correlates correlated compete competes
		encode encodes encoded act acts acted play plays played occur occurs occurred appear appears appeared seem seems seemed exhibit exhibits exhibited
		use used measured detected observed seen identified purified cloned analyzed examined investigated studied determined treated transfected
		compare compared provide provides provided confirm confirms confirmed support supports supported cause causes caused exert exerts exerted
		display displays displayed serve serves served function functions functioned participate participates participated undergo undergoes underwent
		fail fails failed lack lacks lacked form forms formed cleaved cleaves belong belongs differ differs differed reverse reversed
		restore restores restored change changed involve involves involved contribute contributes contributed possess possesses`)
	// transparent words stand between a verb and its "to": "failed to", "was found to".
	transparent = wordSet("failed fails fail appear appears appeared seem seems seemed able unable shown found known thought likely unlikely reported believed begin began expected predicted demonstrated observed ability")
	denying     = wordSet("failed fails fail unable unlikely")
	// light nouns stand for the thing beside them: "A activity", "levels of A".
	light = wordSet(`activity activities level levels amount amounts gene genes protein proteins mrna mrnas transcript transcripts signaling
		signalling pathway pathways promoter promoters function functions concentration concentrations content contents abundance receptor
		receptors kinase channel channels enzyme subunit subunits isoform isoforms molecule molecules complex complexes cascade
		combination family members response action actions`)
	// applied nouns bring a thing about: "treatment with A".
	applied = wordSet("treatment pretreatment administration addition application exposure incubation infusion injection transfection")
	// between an entity and its head these words turn the meaning around.
	blockers = []string{"inhibit", "antagon", "agonist", "antibod", "antiser", "deficien", "null", "mutant", "mutat", "knockout", "independent", "binding", "like", "related", "specific", "vector", "ligand", "sirna", "shrna", "block"}
	residues = wordSet("tyrosine serine threonine lysine newly")
)
