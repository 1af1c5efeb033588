"""What the report of the challenge says around its figures."""

from ml.training.challenge.data import KAGGLE, Digits
from ml.training.challenge.figures import Swept
from ml.training.challenge.slips import EPSILON, LIMIT, TEN, Slips
from ml.training.challenge.training import Training

LOSS = (
    "keras.Model.evaluate returns two numbers, the loss first and the accuracy second. The adversarial row "
    "of the original table is the first of them times a hundred: a loss of 0.0107 became “1.07 %”. It is an "
    "easy slip, as both are small numbers on their own scales, and the result looked like what one hopes to "
    "see of an attack. It meant the opposite. A mean loss of 0.0107 is that of a network that gives the "
    "right class about 99 % of its probability.\n\nThe table shows both numbers side by side, as a habit "
    "that prevents it: print the names with the numbers (return_dict=True)."
)
UNTRAINED = (
    "FGSM moves every pixel by ε in the direction in which the loss of a given network grows. The original "
    "took that direction from the network before its training. Its weights were random then, so the "
    "direction has little to do with what the trained network looks at: to it the change is hardly more "
    f"than noise of the same size, and noise that small does nothing.\n\nThe rows at ε = {LIMIT}, their "
    "limit, make it plain: a change that is thirty times as large does harm when it comes from the network "
    "that is attacked, and far less when it comes from the same network before it learned. An attack has to "
    "be made against the network that is being judged, as it is when it is judged."
)
PICTURES = (
    "Two rows for each digit: the plain network above, the adversarially trained one below, each attacked "
    "by FGSM against itself, with its answer and its probability. A person reads all of them, most of the "
    "time."
)
CONFUSION = (
    "Both networks on the clean test part. Adversarial training usually costs a little clean accuracy; here "
    "one sees on which digits."
)


def summary(clean: float, attacked: float, slips: Slips, honest: tuple[Swept, Swept], epsilon: float) -> str:
    """What was asked and what came out, in a paragraph."""
    before, after = ({attack: list(row.values())[-1] for attack, row in swept.items()} for swept in honest)
    ten = slips.sources[0]
    worst = list(before)[-1]
    return (
        "A student project reported that FGSM takes a digit network from 97.75 % to 1.07 %, and that "
        "retraining on ten adversarial images takes it to 100.00 %. Its protocol is repeated here step by "
        f"step. The 1.07 is a loss; ours, counted so, is {ten['loss']:.4f}, at an accuracy of "
        f"{ten['accuracy']:.0%} on the ten images. FGSM at their ε = {EPSILON} in truth takes the network "
        f"from {clean:.2%} to {attacked:.2%}. Larger ε do break it: at {epsilon:g}, {worst} leaves "
        f"{before[worst]:.2%}. Adversarial training on training images alone brings that to "
        f"{after[worst]:.2%}, on all test images, none of which it saw."
    )


def ten_images(slips: Slips) -> str:
    """The third slip, with what became of ten images that did fool the network."""
    made = {row["images"]: row["after"] for row in slips.strong}
    learned, others = list(made.values())[:2]
    whole = made["whole test part, made against the network tested"]
    return (
        f"The original made {TEN} images of the test part adversarial, trained on them, and tested on the "
        f"same {TEN}. A network with hundreds of thousands of weights can learn {TEN} images by heart, so "
        "their accuracy says nothing about any other image; and test images that were trained on are no "
        "longer test images. Here these images were answered rightly already before the retraining, if the "
        "column “before” says 100 %: then there was nothing left to learn, which is also why the clean "
        "accuracy hardly moves.\n\nSo the second table repeats the slip where it shows: ten images that do "
        f"fool the trained network, made from it at ε = {LIMIT}. After the retraining it answers "
        f"{learned:.0%} of the ten rightly, {others:.0%} of ten others made in the same way, and, attacked "
        f"itself, {whole:.2%} of the whole test part. Only the last of these is what the word “robust” "
        "promises."
    )


def protocol(how: Training) -> str:
    """What is repeated, and where the original leaves a choice."""
    return (
        "The original trains a small convolutional network on the first 80 % of the file for 5 epochs with "
        "Adam, tests it on the rest, makes ten images of the rest adversarial by FGSM, and retrains on "
        f"these ten. The change of a pixel is limited to ±{LIMIT}; as FGSM at ε = {EPSILON} moves no pixel "
        f"by more than {EPSILON}, the limit never takes effect.\n\nHere too the network trains for "
        f"{how.epochs} epochs with Adam on plain images; the learning rate falls on a cosine to {how.last:g} "
        "of itself. The retraining is that of a notebook's next cell: the same compiled network goes on, on "
        f"the ten images alone, for {how.retraining_epochs} epochs. The table puts their printed figures "
        "beside ours, first counted in their way, then as the words say: adversarial images from the very "
        "network that is tested, accuracy instead of loss, the whole test part. The three sections that "
        "follow take the slips one by one. None of them is foolish; each has been made by many, and each "
        "hides the others."
    )


def honest(how: Training, steps: int, digits: Digits) -> str:
    """How the honest figures were made."""
    source = (
        "Kaggle's file was drawn from all of MNIST, so MNIST's test digits that are in the file are left "
        "out of the last table."
        if digits.source == KAGGLE
        else "The last table has MNIST's own test digits, which no part of the file holds."
    )
    return (
        "Adversarial training (Madry et al. 2018): every batch of training images is attacked anew, by "
        f"{how.hard_steps} steps of projected gradient descent from a random start at up to ε = "
        f"{how.hard_epsilon:g} against the network as it is at that moment, and the network learns from the "
        f"result. {how.hard_clean:.0%} of each batch stay clean. It goes on from the plain network's weights "
        f"for {how.hard_epochs} epochs; ε grows over the first {how.hard_warm_up:.0%} of the steps. No test "
        "image is used, and nothing was chosen by test figures within a run.\n\nAn image counts as right "
        "when the network answers it rightly both as it is and under the attack, made against this very "
        f"network with the true label. FGSM is one step of ε; PGD makes {steps} steps within the same ball "
        "from a random start (one start), and finds what FGSM misses. A stronger attack may find more "
        f"still, so that these accuracies are upper bounds. All test images are attacked. {source}"
    )


def trainings(how: Training, digits: Digits) -> str:
    """What was trained on what, and why these digits."""
    why = (
        "The digits are those of Kaggle's file."
        if digits.source == KAGGLE
        else "Without Kaggle's file, MNIST's first training digits are written in its layout and read back: "
        "as many as Kaggle gives with labels (42,000), so that the 5 epochs are as many steps and the "
        "figures compare. MNIST's 10,000 test digits stay out of the file and are a second, untouched test."
    )
    return (
        f"{why} {len(digits.learned.labels):,} are trained on, in the file's order, and "
        f"{len(digits.tested.labels):,} tested on.\n\nThe plain training was repeated from {how.seeds} "
        "seeds; everything else on this page is about the first. The curves called validation are of the "
        "test part, as in the original: they are shown and nothing is chosen by them. Those of the "
        "adversarial training show the training on attacked images, and clean test images, which is why the "
        "second lies above the first.\n\nThe batch size and the falling learning rate of the plain training "
        "were chosen by a person who had seen the figures of four trainings on MNIST in this layout; they "
        "lay between 98.6 % and 98.9 %, so the clean figure is optimistic by a tenth of a per cent or two."
    )
