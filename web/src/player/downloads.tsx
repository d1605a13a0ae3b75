import { SOUND_FORMAT_NAMES } from '../../../src/song/sound-formats.ts'

/** Links to a file of the server, in every format. */
export function Downloads({ title, url }: { title: string; url: string }) {
  return (
    <span class="downloads">
      {SOUND_FORMAT_NAMES.map((format) => (
        <a key={format} href={`${url}?format=${format}&download`} aria-label={`Download ${title} as ${format}`}>
          {format}
        </a>
      ))}
    </span>
  )
}
