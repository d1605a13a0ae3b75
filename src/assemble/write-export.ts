import type { MediaPool } from '../audio/media/media-pool.ts'
import { openEncoder } from '../audio/media.ts'
import type { CodedFormat } from '../song/sound-formats.ts'
import type { Song } from '../store/queries/songs.ts'
import { readExisting } from '../store/song-files/file-ranges.ts'
import { coverPath, type Folders } from '../store/song-files/paths.ts'

/** Encodes sound of a song into a new file, with the song's tags and cover. After a fault the caller removes the file. */
export async function encodeExport({
  pcm,
  song,
  stem,
  format,
  path,
  folders,
  mediaPool,
  signal,
}: {
  pcm: AsyncIterable<Buffer>
  song: Song
  /** Undefined for a mix. */
  stem: string | undefined
  format: CodedFormat
  path: string
  folders: Folders
  mediaPool: MediaPool
  signal: AbortSignal
}): Promise<void> {
  const picture = song.cover && (await readExisting(coverPath(folders, song.id)))
  const title = stem ? `${song.title} (${stem})` : song.title
  const encoder = openEncoder({
    path,
    format,
    tags: { title, artist: song.band, album: song.album },
    picture: song.cover && picture ? { mime: song.cover, bytes: picture } : null,
    mediaPool,
    signal,
  })
  for await (const block of pcm) await encoder.write(block)
  await encoder.finish()
}
