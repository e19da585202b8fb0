"""Ground truth: what a space embeds, what a user imported, and which of them a target's name means.

The rule: `TARGET` means the latest import that has it, except that truth which a space embeds stays unless the
benchmark's own official file was imported. Every one stays reachable as `TARGET@NAME`, whatever the plain name means.
"""

RULE = (
    "TARGET means the latest import that has it; an embedded one gives way to the official file only; "
    "every one is reachable as TARGET@NAME"
)
