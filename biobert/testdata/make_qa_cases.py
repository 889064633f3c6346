"""The questions that make_heads.py has answered: (question, context, options of the pipeline). All written by us."""

LONG = (
    "Interleukin-2 (IL-2) is made by activated T lymphocytes. It binds a receptor of three chains, of which the α chain, "
    "CD25, is induced last. In resting cells the gene is silent: nuclear factors such as NF-κB, NFAT and AP-1 are held in the cytoplasm. "
    "After the T cell receptor has met its antigen, calcium enters the cell and calcineurin removes phosphates from NFAT, which then moves "
    "into the nucleus. The kinase IKKβ phosphorylates IκBα, so that p50 and p65 are set free. c-Fos and c-Jun join them at the enhancer, "
    "300 bases upstream of the first exon. Glucocorticoids inhibit this: their receptor holds back AP-1 and raises the level of IκBα mRNA. "
    "Cyclosporin A, which is given after transplantation, inhibits calcineurin. TGF-β1 from regulatory T cells lowers transcription as well. "
)
MIDDLE = (
    "Macrophages that met interferon-γ express inducible nitric oxide synthase. The promoter has two sites for STAT1 and one for IRF-1; "
    "the latter is itself induced by STAT1. Without TNF-α the enzyme is found in 12% of the cells, with it in 71%."
)

QA = [
    # short contexts
    ("What binds NF-κB?", "IL-2Rα binds NF-κB.", {}),
    ("What do T lymphocytes express?", "Activated T lymphocytes express TGF-β1 and CD28 receptors", {}),
    ("What induced the IL-12 promoter?", "In human peripheral blood monocytes, IFN-γ induced the IL-12 promoter; TNF-α did not.", {}),
    ("Which gene is regulated?", "GATA-3 regulates expression of the interleukin-5 gene in T cells.", {}),
    ("β?", "β", {}),
    ("How many cells?", "71% of the cells (37 of 52) were positive.", {"max_answer_len": 3}),
    # several answers
    ("Which proteins are named?", "c-Jun, c-Fos, p50 and p65 bind the κB site of the IL-2 enhancer.", {"top_k": 5}),
    ("Which kinase acts on IκBα?", "IKKβ phosphorylates IκBα, and IKKα phosphorylates p100.", {"top_k": 3}),
    ("Which cells?", "T cells, B cells and NK cells; the T cells were resting.", {"top_k": 8}),
    ("What is the level?", "The level is low. The level is high. The level of mRNA is low.", {"top_k": 6, "max_answer_len": 4}),
    # no answer
    ("Who discovered it?", "No protein is named in this sentence.", {"handle_impossible_answer": True}),
    ("Is p53 mutated?", "The level of p21 mRNA was raised in mutated HeLa cells.", {"handle_impossible_answer": True, "top_k": 3}),
    ("What was measured?", "κB sites", {"handle_impossible_answer": True, "top_k": 2}),
    # contexts of several windows
    ("What inhibits calcineurin?", LONG, {}),
    ("Which kinase phosphorylates IκBα?", LONG, {"top_k": 4}),
    ("Where is the enhancer?", LONG + MIDDLE, {"top_k": 2, "max_answer_len": 30}),
    ("What lowers transcription?", LONG + MIDDLE, {"handle_impossible_answer": True}),
    ("How many cells have the enzyme without TNF-α, and how many with it?", MIDDLE + " " + LONG, {"top_k": 3, "handle_impossible_answer": True}),
    # text that is awkward
    ("Où est l'ADN\u00a0?", "L’ADN (5′–3′) se trouve dans le noyau\u2009; naïve T-Zellen: 中文 und e\u0301tat.", {"top_k": 2}),
    ("ΔG?", "Δ  NF-ΚB\tΣΑΣ, \u200bµM vs μM — TNFα/TNF-Α", {"top_k": 4}),
]
