"""The files that `stackprobe init` writes: one module a file, over one plan made from a survey of the cloud."""
