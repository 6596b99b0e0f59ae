"""VoxCeleb: folders of speakers and videos, a table of people, the split for identification."""

from miniature import Miniature

META = (
    "VoxCeleb1 ID\tVGGFace1 ID\tGender\tNationality\tSet\nid10001\tA.J._Buckley\tm\tIreland\tdev\n"
    "id10270\tEartha_Kitt\tf\tUSA\ttest\n"
)
FILES = ("dev/wav/id10001/1zcIwhmdeo4/00001.wav", "test/wav/id10270/x6uYqmx31kE/00001.wav")
MINIATURES = (
    Miniature(
        corpus="voxceleb1",
        files=FILES,
        stranger="dev/wav/id10001/1zcIwhmdeo4/one.wav",
        keys={"meta/vox1_meta.csv": META},
        double="copy/id10001/1zcIwhmdeo4/00001.wav",
    ),
    Miniature(
        corpus="voxceleb1",
        files=FILES,
        stranger="dev/wav/id10001/1zcIwhmdeo4/00002.wav",
        keys={
            "iden_split.txt": "1 id10001/1zcIwhmdeo4/00001.wav\n3 id10270/x6uYqmx31kE/00001.wav\n",
            "vox1_meta.csv": META,
        },
        double="copy/id10001/1zcIwhmdeo4/00001.wav",
        named=("iden_split.txt", "id10001/1zcIwhmdeo4/00001.wav"),
        options={"split": "identification"},
    ),
    Miniature(
        corpus="voxceleb2",
        files=("dev/aac/id00012/21Uxsk56VDQ/00001.m4a", "test/aac/id00017/01dfn2spqyE/00001.m4a"),
        stranger="dev/aac/id00012/21Uxsk56VDQ/first.m4a",
        keys={
            "vox2_meta.csv": "VoxCeleb2 ID ,VGGFace2 ID ,Gender ,Set \nid00012 ,n000012 ,m ,dev \n"
            "id00017 ,n000017 ,f ,test\n"
        },
        double="wav/id00012/21Uxsk56VDQ/00001.wav",
    ),
)
