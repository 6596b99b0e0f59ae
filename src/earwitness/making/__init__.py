"""Ways of making a recording: text-to-speech engines, vocoders, codecs, splices."""
