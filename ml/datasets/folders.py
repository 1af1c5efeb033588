"""Photos in class folders (`Bike/*.jpg`, `Car/*.jpg` ...): found, near-duplicates grouped, split.

The names of the folders are the classes; 2 to 1000 of them, with any names.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ml.errors import DataMissing, sentence

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".avif", ".tif", ".tiff"}
MOST_CLASSES = 1000
HASH_SIDE = 8
THUMBNAIL_SIDE = 16
# What fewer photos share is no source: it may be a number, or a word.
LEAST_OF_A_SOURCE = 10
# Two photos are near-duplicates when at most this many of 64 hash bits differ ...
HASH_DISTANCE = 8
# ... and their 16×16 thumbnails differ by at most this much on average (8-bit levels). The hash alone
# takes two different bicycles on white for the same.
THUMBNAIL_DISTANCE = 10.0


@dataclass(frozen=True, kw_only=True)
class Photos:
    """Paths and labels of the same length; `labels` are indices into `class_names`."""

    paths: list[Path]
    labels: np.ndarray
    class_names: list[str]

    def __len__(self) -> int:
        return len(self.paths)

    def sources(self) -> list[str]:
        """Where each photo comes from: what its file name says before the first `_`, or an empty text.

        The text is empty, too, where fewer than `LEAST_OF_A_SOURCE` photos have the same beginning.
        """
        named = [path.name.partition("_")[0] if "_" in path.name else "" for path in self.paths]
        counts = Counter(named)
        return [name if counts[name] >= LEAST_OF_A_SOURCE else "" for name in named]

    def strata(self, *, sources: bool) -> list[str]:
        """The class of each photo and, with `sources`, its source: what a split keeps the shares of.

        A source that shows fewer than `LEAST_OF_A_SOURCE` photos of a class, too few to be divided by
        themselves, is one stratum with the other photos of no such source.
        """
        classes = [self.class_names[label] for label in self.labels]
        named = list(zip(classes, self.sources() if sources else [""] * len(self), strict=True))
        counts = Counter(named)
        return [
            f"{name} {source if counts[name, source] >= LEAST_OF_A_SOURCE else ''}" for name, source in named
        ]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Three disjoint sets of indices into the photos, each ascending."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def find(folder: Path) -> Photos:
    """List the photos of every class folder in `folder`; classes and files in alphabetical order.

    Raises:
        DataMissing: no such folder, fewer than 2 or more than 1000 classes, or a class without photos.
    """
    names = sorted(each.name for each in folder.iterdir() if _is_class(each)) if folder.is_dir() else []
    if not 2 <= len(names) <= MOST_CLASSES:
        raise DataMissing(
            sentence(
                "%(folder)s must hold 2 to %(most)d folders of photos, one for each class; it holds"
                " %(count)d."
            ),
            folder=folder.name,
            most=MOST_CLASSES,
            count=len(names),
        )
    paths: list[Path] = []
    labels: list[int] = []
    for label, name in enumerate(names):
        found = sorted(path for path in (folder / name).rglob("*") if path.suffix.lower() in SUFFIXES)
        if not found:
            raise DataMissing(sentence("The class folder %(name)s holds no photos."), name=name)
        paths += found
        labels += [label] * len(found)
    return Photos(paths=paths, labels=np.array(labels), class_names=names)


def near_duplicates(images: Iterable[np.ndarray]) -> np.ndarray:
    """Number the images (uint8 HWC RGB) so that near-duplicates, mirrored ones too, share a number.

    Two images belong together when the signs of the low frequencies of their cosine transforms agree
    (the perceptual hash of Zauner, 2010, over 64 bits) and their small thumbnails do; so do images that
    are connected through others.
    """
    straight, mirrored, thumbnails = [], [], []
    for image in images:
        picture = Image.fromarray(image)
        straight.append(_hash(picture))
        mirrored.append(_hash(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
        small = picture.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR)
        thumbnails.append(np.asarray(small, dtype=np.int16))
    groups = np.arange(len(straight))
    hashes, flipped = np.array(straight, np.uint64), np.array(mirrored, np.uint64)
    for index in range(len(hashes)):
        for others, turn in ((hashes, slice(None)), (flipped, slice(None, None, -1))):
            near = np.bitwise_count(others[:index] ^ hashes[index]) <= HASH_DISTANCE
            for other in np.flatnonzero(near):
                difference = np.abs(thumbnails[index] - thumbnails[other][:, turn]).mean()
                if groups[other] != groups[index] and difference <= THUMBNAIL_DISTANCE:
                    groups[groups == groups[index]] = groups[other]
    return np.unique(groups, return_inverse=True)[1]


def split(
    strata: Sequence[object] | np.ndarray,
    groups: np.ndarray,
    *,
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1),
    seed: int = 0,
) -> Split:
    """Deal whole groups out to train, validation and test so that each stratum is divided by `shares`.

    Args:
        strata: what the shares are kept for, one per photo (its class, or class and source).
        groups: as `near_duplicates` numbers them; no group is divided.
        shares: of train, validation and test, summing to 1.
    """
    kinds = np.unique([str(each) for each in strata], return_inverse=True)[1]
    counts = np.zeros((kinds.max() + 1, 3))
    targets = np.bincount(kinds)[:, None] * np.array(shares)
    parts = np.empty(len(kinds), int)
    members: dict[int, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(int(group), []).append(index)
    order = np.random.default_rng(seed).permutation(len(members))
    dealt = sorted((list(members.values())[place] for place in order), key=len, reverse=True)
    for group_members in dealt:
        here = np.bincount(kinds[group_members], minlength=len(counts))
        need = np.where(here[:, None] > 0, targets - counts, 0).sum(axis=0)
        # The emptiest part that still has room for the whole group; a group too large for any goes to train.
        room = np.where(need > len(group_members) - 1, need / np.maximum(np.array(shares), 1e-9), 0.0)
        part = int(np.argmax(room))
        parts[group_members] = part
        counts[:, part] += here
    train, validation, test = (np.flatnonzero(parts == part) for part in range(3))
    return Split(train=train, validation=validation, test=test)


def _is_class(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _hash(picture: Image.Image) -> int:
    """64 bits: whether each low frequency of the grey 32×32 picture lies above their median."""
    side = HASH_SIDE * 4
    grey = np.asarray(picture.convert("L").resize((side, side), Image.Resampling.BILINEAR), dtype=float)
    steps = np.arange(side)
    waves = np.cos(np.pi * np.outer(np.arange(HASH_SIDE), steps + 0.5) / side)
    low = (waves @ grey @ waves.T).ravel()
    bits = low > np.median(low[1:])
    return int(sum(1 << place for place, bit in enumerate(bits) if bit))
