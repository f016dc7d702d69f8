"""The media types that a client takes."""


def weights_of(accept: str) -> dict[str, float]:
    """Each media type of an Accept header, in lower case, with its weight (RFC 9110); 0 where the weight is none."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            weights[name] = float(quality)
        except ValueError:
            weights[name] = 0
    return weights
