import { titleOf } from '../../song/song-title.ts'
import type { SoundFormat } from '../../song/sound-formats.ts'
import type { Song } from '../../store/queries/songs.ts'
import type { StoredFile } from '../../store/tables/files.ts'
import { downloadName } from './download-name.ts'

/** The file name of a stem or a mix: "Queen - Song (vocals).wav", "Queen - Song (minus vocals, drums −6 dB).mp3". */
export function exportName({ song, file, format }: { song: Song; file: StoredFile; format: SoundFormat }): string {
  return downloadName({
    artist: song.band,
    title: titleOf(song),
    words: partOf(song, file),
    extension: format,
  })
}

/** The stem's name, or the difference between a mix and the song. Empty for a mix that equals the song. */
function partOf(song: Song, file: StoredFile): string {
  const track = song.tracks.find(({ id }) => id === file.trackId)
  if (track) return track.stem
  const { tracks, gains } = file.mix ?? { tracks: [], gains: {} }
  const removed = song.tracks.filter(({ id }) => !tracks.includes(id)).map(({ stem }) => stem)
  const changed = song.tracks.flatMap(({ id, stem }) => {
    const decibels = gains[id] ?? 0
    return decibels === 0 || !tracks.includes(id) ? [] : [`${stem} ${decibels > 0 ? '+' : '−'}${Math.abs(decibels)} dB`]
  })
  return [...(removed.length > 0 ? [`minus ${removed.join(', ')}`] : []), ...changed].join(', ')
}
