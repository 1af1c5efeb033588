"""The 15 corruptions of MNIST-C (Mu & Gilmer 2019, arXiv:1906.02337), the identity left out.

Parameters are those of the generator of the released data set, each at the one severity that it used there.
The functions are our own, so single pixels differ from the released files where these were drawn at random.
The released files are in 8 bits; their generator ends in floats, which `corrupt` rounds down.
"""

from ml.datasets.corruptions.base import Corruption
from ml.datasets.corruptions.common import brightness, fog, impulse_noise, motion_blur, shot_noise
from ml.datasets.corruptions.digits_edges import canny_edges
from ml.datasets.corruptions.digits_marks import dotted_line, spatter, stripe, zigzag
from ml.datasets.corruptions.digits_shape import glass_blur, resize, rotate, shear, translate
from ml.errors import sentence

_ALL = (
    Corruption(name="shot-noise", title=sentence("Shot noise"), run=shot_noise, levels=((3,),)),
    Corruption(name="impulse-noise", title=sentence("Impulse noise"), run=impulse_noise, levels=((0.17,),)),
    Corruption(name="glass-blur", title=sentence("Glass blur"), run=glass_blur, levels=((0.7, 1, 2),)),
    Corruption(name="motion-blur", title=sentence("Motion blur"), run=motion_blur, levels=((10, 3),)),
    Corruption(name="shear", title=sentence("Shear"), run=shear, levels=((0.4,),)),
    Corruption(name="scale", title=sentence("Scale"), run=resize, levels=((0.7,),)),
    Corruption(name="rotate", title=sentence("Rotation"), run=rotate, levels=((0.4,),)),
    Corruption(name="brightness", title=sentence("Brightness"), run=brightness, levels=((0.5,),)),
    Corruption(name="translate", title=sentence("Translation"), run=translate, levels=((3,),)),
    Corruption(name="stripe", title=sentence("Stripes"), run=stripe, levels=((),)),
    Corruption(name="fog", title=sentence("Fog"), run=fog, levels=((3, 1.4),)),
    Corruption(name="spatter", title=sentence("Spatter"), run=spatter, levels=((0.65, 0.3, 1, 0.65, 1.5),)),
    Corruption(name="dotted-line", title=sentence("Dotted line"), run=dotted_line, levels=((),)),
    Corruption(name="zigzag", title=sentence("Zigzag"), run=zigzag, levels=((),)),
    Corruption(name="canny-edges", title=sentence("Canny edges"), run=canny_edges, levels=((1, 0.1, 0.2),)),
)
DIGITS = {each.name: each for each in _ALL}
