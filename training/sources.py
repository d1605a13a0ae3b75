"""Where the sound of the training songs comes from: files of Debian 12 packages, unpacked below work/sources.

Run `python sources.py` once. What is held out (fonts, kits, MIDI files, styles) is never heard in training: validation
and test songs are made of it alone.
"""

import glob
import re
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
WORK = HERE / 'work'
ROOT = WORK / 'sources'
SHARE = ROOT / 'usr/share'

# Package: licence of its sound, as its own copyright file says.
PACKAGES = {
    'fluid-soundfont-gm': 'MIT',
    'musescore-general-soundfont': 'MIT',
    'opl3-soundfont': 'see README.md',
    'timgm6mb-soundfont': 'GPL-2',
    'avldrums.lv2-soundfont': 'CC-BY-SA-3.0',
    'hydrogen-data': 'GPL-2+, and CC-BY, CC0 kits',
    'hydrogen-drumkits': 'GPL-2+',
    'hydrogen-drumkits-effects': 'GPL-2+, CC-BY',
    'lmms-common': 'GPL-2+',
    'sonic-pi-samples': 'CC0',
    'freedoom': 'BSD-3-clause',
    'openttd-openmsx': 'GPL-2',
    'planetblupi-music-midi': 'GPL-3+',
    'mma': 'GPL-2+',
    'fretsonfire-songs-muldjord': 'CC-BY-SA-3.0',
}

HELD_OUT_FONTS = {'TimGM6mb', 'Red_Zeppelin_4_LV2'}
HELD_OUT_KITS = {'ForzeeStereo', 'ColomboAcousticDrumkit', 'TR808EmulationKit'}
HELD_OUT_MIDI = ('planetblupi', 'redfarn')
HELD_OUT_STYLES = re.compile(r'(2|w)\.mma$|/(ska|poprock1|funk1|metal1|trip)\.mma$')
# Fonts that hold nothing but a drum kit.
DRUM_FONTS = {'Black_Pearl_4_LV2', 'Red_Zeppelin_4_LV2'}


def fetch() -> None:
    """Downloads the packages and unpacks them; installs nothing."""
    archive = WORK / 'packages'
    archive.mkdir(parents=True, exist_ok=True)
    missing = [name for name in PACKAGES if not list(archive.glob(f'{name}_*.deb'))]
    if missing:
        subprocess.run(['apt-get', 'download', *missing], cwd=archive, check=True)
    for package in sorted(archive.glob('*.deb')):
        subprocess.run(['dpkg', '-x', package, ROOT], check=True)


def fonts(is_held_out: bool) -> dict[str, str]:
    paths = glob.glob(f'{SHARE}/sounds/sf[23]/*.sf[23]')
    found = {Path(path).stem: path for path in sorted(paths) if not Path(path).is_symlink()}
    return {name: path for name, path in found.items() if (name in HELD_OUT_FONTS) == is_held_out}


def drum_kit_files(is_held_out: bool) -> list[Path]:
    kits = [Path(path) for path in sorted(glob.glob(f'{SHARE}/hydrogen/data/drumkits/*/drumkit.xml'))]
    return [kit for kit in kits if 'Strums' not in kit.parent.name and (kit.parent.name in HELD_OUT_KITS) == is_held_out]


def single_drums() -> dict[str, list[Path]]:
    """Loose drum samples that make one more kit each; training only."""
    wanted = re.compile(
        'bd_|sn_|drum_|hat_|elec_(hi_snare|lo_snare|mid_snare|soft_kick|snare|cymbal|tick)|perc_(snap|door)'
    )
    lmms = sorted((SHARE / 'lmms/samples/drums').glob('*.ogg'))
    sonic = [path for path in sorted((SHARE / 'sonic-pi/samples').glob('*.flac')) if wanted.match(path.name)]
    return {'lmms': lmms, 'sonic-pi': sonic}


def drum_loops() -> list[Path]:
    loops = sorted((SHARE / 'sonic-pi/samples').glob('loop_*.flac'))
    named = re.compile('amen|breakbeat|industrial|perc|tabla')
    return sorted((SHARE / 'lmms/samples/beats').glob('*.ogg')) + [path for path in loops if named.search(path.name)]


def guitar_strums() -> dict[str, list[Path]]:
    """Recorded strums by the name of their chord."""
    chords: dict[str, list[Path]] = {}
    for path in sorted((SHARE / 'hydrogen/data/drumkits/belofilms_GuitarStrums').glob('*.flac')):
        chords.setdefault(path.name.split('_')[0], []).append(path)
    return chords


def guitar_recordings() -> list[Path]:
    """Electric guitars of four songs, each alone in its file; training only."""
    return sorted((SHARE / 'games/fretsonfire/data/songs/muldjord').glob('*/guitar.ogg'))


def midi_files(is_held_out: bool) -> list[Path]:
    files = sorted((SHARE / 'planetblupi/music').glob('*.mid'))
    files += sorted((SHARE / 'games/openttd/baseset/openmsx').glob('*.mid'))
    chosen = [path for path in files if any(name in str(path) for name in HELD_OUT_MIDI) == is_held_out]
    return chosen if is_held_out else chosen + midi_of_freedoom()


def midi_of_freedoom() -> list[Path]:
    """The songs inside the game's WAD files (a directory of name, place and size at the file's end)."""
    folder = WORK / 'freedoom'
    folder.mkdir(parents=True, exist_ok=True)
    songs = []
    for wad in sorted((SHARE / 'games/doom').glob('*.wad')):
        data = wad.read_bytes()
        count, directory = struct.unpack('<ii', data[4:12])
        for index in range(count):
            start, size = struct.unpack('<ii', data[directory + 16 * index : directory + 16 * index + 8])
            if data[start : start + 4] == b'MThd':
                path = folder / f'{wad.stem}-{index:04d}.mid'
                path.write_bytes(data[start : start + size])
                songs.append(path)
    return songs


@dataclass
class Grooves:
    """Accompaniment styles of MMA: `file:groove`. Those of 'zoom' drum machines hold drums alone."""

    tunes: dict[str, list[str]] = field(default_factory=dict)
    drums: list[str] = field(default_factory=list)


def grooves(is_held_out: bool) -> Grooves:
    found = Grooves()
    for path in sorted(glob.glob(f'{SHARE}/mma/lib/*/*.mma')):
        if re.search('metronome|none.mma|count|intro|ending', path) or bool(HELD_OUT_STYLES.search(path)) != is_held_out:
            continue
        name = re.sub(r'.*/lib/(.*)\.mma', r'\1', path)
        for line in Path(path).read_text(errors='replace').splitlines():
            words = line.split()
            if len(words) > 1 and words[0].lower() == 'defgroove' and not re.search('intro|end', words[1], re.I):
                if name.startswith('zoom') or '/zoom' in name:
                    found.drums.append(f'{name}:{words[1]}')
                else:
                    found.tunes.setdefault(name, []).append(f'{name}:{words[1]}')
    return found


if __name__ == '__main__':
    fetch()
    training, held_out = grooves(False), grooves(True)
    print('fonts', sorted(fonts(False)), 'held out', sorted(fonts(True)))
    print('kits', len(drum_kit_files(False)), 'held out', len(drum_kit_files(True)))
    print('MIDI', len(midi_files(False)), 'held out', len(midi_files(True)))
    print('styles', len(training.tunes), 'held out', len(held_out.tunes), 'drum grooves', len(training.drums))
    print('loops', len(drum_loops()), 'chords', len(guitar_strums()), 'guitars', len(guitar_recordings()))
