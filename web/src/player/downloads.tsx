export const FORMATS = ['wav', 'flac', 'mp3', 'm4a', 'opus']

/** Links to a file of the server, in every format. */
export function Downloads({ title, url }: { title: string; url: string }) {
  return (
    <span class="downloads">
      {FORMATS.map((format) => (
        <a key={format} href={`${url}?format=${format}&download`} aria-label={`Download ${title} as ${format}`}>
          {format}
        </a>
      ))}
    </span>
  )
}
