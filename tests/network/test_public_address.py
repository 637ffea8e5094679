"""Strangers name hosts; only the public internet is asked, at the address that was judged."""

from ipaddress import ip_address

import pytest

import network
from network import NoPublicAddress, is_public, public_address


@pytest.mark.parametrize("text", ["93.184.216.34", "2606:4700::1111", "2a00:1450:4001::1"])
def test_public(text: str) -> None:
    assert is_public(ip_address(text))
    assert public_address("a.example", 443, lambda host, port: [text]) == text


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "224.0.0.1",
    ],
)
def test_not_public(text: str) -> None:
    with pytest.raises(NoPublicAddress) as refused:
        public_address("a.example", 443, lambda host, port: ["93.184.216.34", text])
    assert refused.value.is_private


def test_a_host_without_an_address() -> None:
    def nothing(host: str, port: int) -> list[str]:
        raise OSError

    with pytest.raises(NoPublicAddress) as refused:
        public_address("a.example", 443, nothing)
    assert not refused.value.is_private
    assert set(network.__all__) == {"Address", "LookUp", "NoPublicAddress", "is_public", "look_up", "public_address"}
