"""Class folders: what is found, which photos are near-duplicates, and how they are divided."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.datasets import folders
from ml.errors import DataMissing


def scene(seed: int, side: int = 96) -> np.ndarray:
    """A picture of random soft blots, unlike that of any other seed."""
    grid = np.random.default_rng(seed).integers(0, 256, (5, 5, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(grid).resize((side, side), Image.Resampling.BICUBIC))


def fill(folder, names, count=3):
    for place, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(scene(100 * place + number)).save(folder / name / f"web_{number}.jpg")


@pytest.mark.parametrize("names", [["no", "yes"], ["Ärzte", "a b", "猫"], [f"{n:03}" for n in range(40)]])
def test_the_folders_are_the_classes_whatever_their_names(tmp_path, names):
    fill(tmp_path, names, count=1)
    photos = folders.find(tmp_path)
    assert photos.class_names == sorted(names)
    assert [path.parent.name for path in photos.paths] == [
        photos.class_names[label] for label in photos.labels
    ]


def test_other_files_and_hidden_folders_are_left_out(tmp_path):
    fill(tmp_path, ["cat", "dog"])
    (tmp_path / ".git").mkdir()
    (tmp_path / "cat" / "notes.txt").write_text("not a photo")
    (tmp_path / "README.md").write_text("not a class")
    assert len(folders.find(tmp_path)) == 6


@pytest.mark.parametrize("names", [[], ["alone"], [f"{n:04}" for n in range(1001)]])
def test_it_refuses_fewer_than_two_or_more_than_a_thousand_classes(tmp_path, names):
    for name in names:
        (tmp_path / name).mkdir()
    with pytest.raises(DataMissing, match="2 to 1000"):
        folders.find(tmp_path)


def test_it_refuses_an_empty_class_and_a_missing_folder(tmp_path):
    fill(tmp_path, ["cat", "dog"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataMissing, match="empty"):
        folders.find(tmp_path)
    with pytest.raises(DataMissing):
        folders.find(tmp_path / "nowhere")


def photos(*, cat, dog):
    """Photos of two classes, by their file names; nobody reads the files."""
    paths = [Path(name, file) for name, files in (("cat", cat), ("dog", dog)) for file in files]
    labels = np.array([0] * len(cat) + [1] * len(dog))
    return folders.Photos(paths=paths, labels=labels, class_names=["cat", "dog"])


def test_a_source_is_what_the_file_names_begin_with():
    found = photos(cat=[f"web_{n}.png" for n in range(10)], dog=["plain.png", "web_1.png"])
    assert found.sources() == ["web"] * 10 + ["", "web"]


def test_what_fewer_than_ten_file_names_begin_with_is_no_source():
    found = photos(cat=[f"{n:04}_cat.png" for n in range(12)], dog=[f"own_{n}.png" for n in range(9)])
    assert set(found.sources()) == {""}


def test_a_stratum_is_a_class_and_a_source_with_at_least_ten_photos_of_it():
    files = [*(f"web_{n}.png" for n in range(10)), *(f"own_{n}.png" for n in range(3)), "0001_a.png"]
    found = photos(cat=files, dog=[f"own_{n}.png" for n in range(9)])
    assert found.strata(sources=True) == ["cat web"] * 10 + ["cat "] * 4 + ["dog "] * 9
    assert found.strata(sources=False) == ["cat "] * 14 + ["dog "] * 9


def test_photos_named_by_their_numbers_are_divided():
    found = photos(**{name: [f"{n:04}_{name}.jpg" for n in range(30)] for name in ("cat", "dog")})
    parts = folders.split(found.strata(sources=True), np.arange(60), seed=1)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [48, 6, 6]


def smaller(image):
    return np.asarray(Image.fromarray(image).resize((61, 70), Image.Resampling.BILINEAR))


def recompressed(image):
    import io

    data = io.BytesIO()
    Image.fromarray(image).save(data, "JPEG", quality=35)
    return np.asarray(Image.open(data))


@pytest.mark.parametrize(
    "change",
    [lambda image: image, smaller, recompressed, lambda image: image[:, ::-1], lambda image: image // 8 * 8],
    ids=["copied", "smaller", "recompressed", "mirrored", "fewer colours"],
)
def test_a_changed_copy_is_a_near_duplicate(change):
    pictures = [scene(seed) for seed in range(12)]
    groups = folders.near_duplicates([*pictures, np.ascontiguousarray(change(pictures[4]))])
    assert groups[12] == groups[4]
    assert len(set(groups[:12].tolist())) == 12


def test_near_duplicates_of_near_duplicates_belong_together():
    first = scene(1)
    groups = folders.near_duplicates([first, scene(2), recompressed(first), smaller(first[:, ::-1])])
    assert groups[0] == groups[2] == groups[3] != groups[1]


@pytest.mark.parametrize("seed", range(3))
def test_the_split_keeps_groups_whole_and_the_share_of_every_class(seed):
    rng = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], [400, 100, 60])
    groups = labels * 1000 + rng.integers(0, 40 + 200 * (labels == 0), len(labels))
    split = folders.split(labels, np.unique(groups, return_inverse=True)[1], seed=seed)
    parts = [split.train, split.validation, split.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not set(groups[parts[one]]) & set(groups[parts[other]])
    for label, count in ((0, 400), (1, 100), (2, 60)):
        shares = [np.sum(labels[part] == label) / count for part in parts]
        np.testing.assert_allclose(shares, (0.8, 0.1, 0.1), atol=0.05)


def test_the_split_depends_on_the_seed_alone():
    labels, groups = np.arange(200) % 3, np.arange(200)
    first, again = (folders.split(labels, groups, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.test, again.test)
    assert folders.split(labels, groups, seed=6).test.tolist() != first.test.tolist()


def test_a_group_too_large_for_a_part_is_trained_on():
    groups = np.r_[np.zeros(40, int), np.arange(1, 61)]
    split = folders.split(np.zeros(100, int), groups, seed=0)
    assert set(range(40)) <= set(split.train.tolist())
    assert len(split.test) == 10
