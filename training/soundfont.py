"""General MIDI sound fonts, played by FluidSynth through its C interface (libfluidsynth3)."""

import ctypes

import numpy as np

from music import DRUM_CHANNEL, SAMPLE_RATE, Note
from sources import DRUM_FONTS

DRUM_BANK = 128


class SoundFonts:
    """Renders one track at a time, dry: room and chorus are added where they can be chosen."""

    def __init__(self, paths: dict[str, str]):
        self._library = library = ctypes.CDLL('libfluidsynth.so.3')
        pointer = ctypes.c_void_p
        library.new_fluid_settings.restype = pointer
        library.new_fluid_synth.restype = pointer
        library.fluid_settings_setnum.argtypes = [pointer, ctypes.c_char_p, ctypes.c_double]
        settings = pointer(library.new_fluid_settings())
        whole_numbers = {b'synth.dynamic-sample-loading': 1, b'synth.reverb.active': 0, b'synth.chorus.active': 0, b'synth.polyphony': 1024}
        for name, value in whole_numbers.items():
            library.fluid_settings_setint(settings, name, value)
        library.fluid_settings_setnum(settings, b'synth.gain', 0.5)
        library.fluid_settings_setnum(settings, b'synth.sample-rate', float(SAMPLE_RATE))
        self._settings = settings
        self._paths = paths
        self.melodic = sorted(name for name in paths if name not in DRUM_FONTS)
        self.drums_only = sorted(name for name in paths if name in DRUM_FONTS)

    def render(self, notes: list[Note], samples: int, font: str, program: int, is_drum: bool = False) -> np.ndarray:
        """Float32 [2, samples]. A program the font lacks falls back to its first. Every track has a synthesiser of its own: one
        that has played keeps half a block of sound and the levels of its voices, reset or not."""
        library = self._library
        synth = ctypes.c_void_p(library.new_fluid_synth(self._settings))
        number = library.fluid_synth_sfload(synth, self._paths[font].encode(), 0)
        channel = DRUM_CHANNEL if is_drum else 0
        bank = DRUM_BANK if is_drum and font not in DRUM_FONTS else 0
        wanted = 0 if font in DRUM_FONTS else program
        if library.fluid_synth_program_select(synth, channel, number, bank, wanted):
            library.fluid_synth_program_select(synth, channel, number, bank, 0)
        sound = np.zeros((2, samples), np.float32)
        left, right = (side.ctypes.data_as(ctypes.c_void_p) for side in sound)
        position = 0
        for at, is_on, note in events(notes):
            until = min(int(at * SAMPLE_RATE), samples)
            if until > position:
                library.fluid_synth_write_float(synth, until - position, left, position, 1, right, position, 1)
                position = until
            if until >= samples:
                break
            if is_on:
                library.fluid_synth_noteon(synth, channel, note.pitch, max(1, min(127, int(note.velocity * 127))))
            else:
                library.fluid_synth_noteoff(synth, channel, note.pitch)
        if position < samples:
            library.fluid_synth_write_float(synth, samples - position, left, position, 1, right, position, 1)
        library.delete_fluid_synth(synth)
        return sound


def events(notes: list[Note]) -> list[tuple[float, bool, Note]]:
    """Starts and ends in order; at the same moment ends come first."""
    moments = [(note.start, True, note) for note in notes] + [(note.start + note.duration, False, note) for note in notes]
    return sorted(moments, key=lambda moment: moment[:2])
