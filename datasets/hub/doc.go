// Package hub fetches files of models and data sets from the Hugging Face hub
// into the cache that Python's huggingface_hub uses, and finds there what Python
// fetched.
//
//	c, err := hub.New(hub.WithProgress(hub.Bar()))
//	if err != nil {
//		return err
//	}
//	abstracts := hub.Dataset("zeroshot/arxiv-biology")
//	path, err := c.Download(ctx, abstracts, "main", "data/train-00000-of-00001.parquet")
//	if err != nil {
//		return err // says what to do about it
//	}
//	dir, err := c.Snapshot(ctx, abstracts, "main", "*.parquet", "README.md")
//
// # Settings
//
// [New] reads the environment variables of huggingface_hub, and options override
// them:
//
//	HF_ENDPOINT                     the hub, https://huggingface.co by default
//	HF_HUB_CACHE                    the cache folder; else HUGGINGFACE_HUB_CACHE, HF_HOME/hub,
//	                                XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub
//	HF_TOKEN                        the token; else HUGGING_FACE_HUB_TOKEN, the file HF_TOKEN_PATH,
//	                                the file HF_HOME/token
//	HF_HUB_DISABLE_IMPLICIT_TOKEN   send no token but that of WithToken
//	HF_HUB_OFFLINE                  use the cache only; else TRANSFORMERS_OFFLINE
//	HF_HUB_ETAG_TIMEOUT             seconds to wait for facts about a file, 10 by default
//	HF_HUB_DOWNLOAD_TIMEOUT         seconds with hardly any data (under 100 bytes each) before a
//	                                transfer is taken up anew, 10 by default
//	HF_HUB_DISABLE_SYMLINKS         put copies, not links, into snapshots
//	HF_HUB_DISABLE_PROGRESS_BARS    make Bar draw nothing
//	HF_HUB_USER_AGENT_ORIGIN        added to the User-Agent header
//	HTTPS_PROXY, HTTP_PROXY, NO_PROXY  as net/http reads them
//
// Nothing else is sent: no telemetry.
//
// # Cache
//
// A repository is a folder such as datasets--zeroshot--arxiv-biology with
//
//	refs/<revision>              the commit that a branch or tag stands for, as text
//	blobs/<etag>                 contents: named by SHA-256 (LFS files) or git's SHA-1
//	blobs/<etag>.*.incomplete    what an interrupted transfer left, taken up again next time
//	snapshots/<commit>/<file>    relative links to blobs
//	trees/<commit>.json          the files of a commit
//	.no_exist/<commit>/<file>    files known to be missing
//
// and the folder .locks beside it. Files appear under their names whole: they are
// written beside them, checked against the size and the checksum that the hub
// states, flushed to disk, then renamed. Treat them as read-only.
//
// # Errors and concurrency
//
// Errors name the repository, the revision and the file, and say what to do. Test
// them with errors.Is against [ErrNotFound], [ErrOffline] and the other variables,
// or with errors.As for an [*HTTPError]. Failures that pass (cut connections, 408,
// 429, 5xx, transfers that stall) are retried with growing pauses, or after those
// that the hub asks for. If the hub cannot be reached and the cache has the file
// of the revision asked for last, that is returned, and said in the log.
//
// A Client may be used by several goroutines, and several programs may share a
// cache: locks, the same that Python takes, keep two from fetching one file twice.
package hub
