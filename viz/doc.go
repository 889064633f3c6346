// Package viz draws what the library finds: highlighted texts, two readings of a text side by side, graphs of what
// occurs together or is related, and how fast models are and why. It takes plain data
// and gives HTML; it knows nothing of models.
//
//	viz.Entities(docs).Show()                     // highlights
//	viz.Compare(gold, docs).Show()                // what was missed, spurious or wrong
//	viz.Frequencies(annot.Frequencies(docs)).Show()      // what is mentioned most
//	viz.CoOccurrence(annot.CoOccurrences(docs)).Show()   // and with what, by PMI
//	viz.Timeline(annot.ByYear(docs, year)).Show()        // and when
//	viz.Lengths(sets).Show()                             // how long the texts are
//	viz.Relations(annot.CoMentions(docs)).Show()  // a graph
//	viz.Relations(annot.RelationGraph(docs)).Show()  // one with types and arrows
//	viz.RelationMatrix(graph).Show()              // chemicals by genes
//	viz.Sankey(graph).Show()                      // how sentences are shared out among them
//	viz.Arcs(doc).Show()                          // relations and events over their sentences
//	viz.Throughput(bench).Show()                  // dense against sparse speed: bars
//	viz.Latency(bench).Show()                     // how long single documents take
//	viz.Curve(curve).Show()                       // speed or accuracy by length, sparsity, threads ...
//	viz.Layers(explanation).Show()                // where the time goes, layer by layer
//	viz.Roofline(roofline).Show()                 // what the machine could do, and what kernels do
//
// A [Live] shows a view that changes while a benchmark runs.
//
// Every view offers the same four methods. Render writes a fragment of HTML,
// WritePage a complete page, WriteText plain text for a terminal, and Show
// displays the view: in a GoNB notebook as a cell's output (HTML, with the plain
// text beside it), elsewhere as plain text on standard output. [Page] puts several
// views on one page.
//
// # Saving and converting
//
// Nothing is ever loaded from a network. Highlights need no script at all, not even
// for the check boxes that hide a type. A chart is a picture (SVG in an <img>) and a
// table of the same figures, so it can be read where scripts are stripped: on code
// hosting sites, in an untrusted notebook, on paper. Where scripts run, ECharts,
// which this package embeds (about 675 KB), takes the picture's place. Graphs, matrices, flows and arcs of relations do
// without it: a few kilobytes of script beside each make the picture a part of the page.
//
// So it is in JupyterLab, in Notebook 7, in the classic notebook and in pages that nbconvert makes; VS Code runs scripts much as the classic
// notebook does. A notebook that is not trusted, and GitHub's viewer, run none: there the pictures stay.
//
// The script of ECharts must be in the page once. WritePage and Page see to it, as does Show
// for the first chart of a kernel session. A notebook whose cells are run again and
// again in any order should call [Init] in its first cell: then that cell, and no
// other, holds the script, and a chart shown before it wakes up when it arrives.
//
// # Safety and concurrency
//
// All text from the data is escaped; labels, titles and names may hold anything.
// Classes begin with sb- and there are no ids, so one output may stand in a page
// twice. The same view gives the same bytes each time. Views keep the slices they
// were given and do not change them; a view may be used by several goroutines as
// long as nobody changes the data.
package viz
