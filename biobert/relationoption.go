package biobert

import "fmt"

const relationPipeline = "RelationExtraction"

// WithEntityModel names the model that finds the entities of a RelationExtraction, as for NewTokenClassification, in place of
// the one that its scheme names. The types that it finds must be among those of the scheme.
func WithEntityModel(name string) Option {
	return func(o *options) error {
		if err := o.only("WithEntityModel", relationPipeline); err != nil {
			return err
		}
		if name == "" {
			return fmt.Errorf("WithEntityModel(%q): no name", name)
		}
		o.entityModel = name
		return nil
	}
}

// WithGivenEntities has a RelationExtraction relate the entities that documents bring, annotated by hand or found by other
// means, and open no model for entities.
func WithGivenEntities() Option {
	return func(o *options) error {
		o.givenEntities = true
		return o.only("WithGivenEntities", relationPipeline)
	}
}

// WithRelationScheme says how a relation model is used whose labels are neither ChemProt's nor DDI's. See ChemProtScheme for an example.
func WithRelationScheme(s RelationScheme) Option {
	return func(o *options) error {
		s = s.clone()
		o.scheme = &s
		return o.only("WithRelationScheme", relationPipeline)
	}
}

// WithMinScore leaves out relations whose probability is less than score, from 0 to 1. The default is 0: a pair has the relation
// that is most probable, or none if that is.
func WithMinScore(score float64) Option {
	return func(o *options) error {
		if !(score >= 0 && score <= 1) {
			return fmt.Errorf("WithMinScore(%v): must be from 0 to 1", score)
		}
		o.minScore = score
		return o.only("WithMinScore", relationPipeline)
	}
}
