/** Endings of songs, by which they are found in folders. A browser's MIME types also match playlists (audio) and TypeScript (video). */
export const SONG_ENDINGS = (
  '3gp aac ac3 aif aifc aiff amr ape asf au avi caf dsf dts eac3 flac flv m4a m4b m4v mka mkv mov mp2 mp3 mp4 mpc mpeg mpg ' +
  'oga ogg ogv opus rm tak tta w64 wav wave webm wma wmv wv'
).split(' ')

/** The files that were dropped or pasted, and a message that says why others cannot be taken. */
export type Dropped = { files: File[]; faults: string[] }

/** All dropped files of any kind, and the songs of dropped folders, sorted by name. */
export async function droppedFiles({ items }: DataTransfer): Promise<Dropped> {
  // Read all items before the first await: the browser empties them when the event ends.
  const dropped = [...items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }))
  const all: Dropped = { files: [], faults: [] }
  for (const { entry, file } of dropped) {
    if (entry?.isDirectory) {
      const { files, faults } = await songsIn(entry as FileSystemDirectoryEntry)
      all.files.push(...files)
      all.faults.push(...faults)
      if (files.length + faults.length === 0) all.faults.push(`No song is in the folder “${entry.name}”.`)
    } else if (file) all.files.push(file)
  }
  return all
}

async function songsIn(folder: FileSystemDirectoryEntry): Promise<Dropped> {
  const all: Dropped = { files: [], faults: [] }
  try {
    const entries = (await entriesOf(folder)).filter(({ name }) => !name.startsWith('.'))
    const byName = new Intl.Collator(undefined, { numeric: true })
    for (const entry of entries.sort((a, b) => byName.compare(a.name, b.name))) {
      const { files, faults } = entry.isDirectory
        ? await songsIn(entry as FileSystemDirectoryEntry)
        : await songAt(entry as FileSystemFileEntry)
      all.files.push(...files)
      all.faults.push(...faults)
    }
  } catch {
    all.faults.push(`The folder “${folder.name}” cannot be read.`)
  }
  return all
}

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader()
  const all: FileSystemEntry[] = []
  for (;;) {
    // A browser gives up to a hundred entries at a time, and an empty list at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return all
    all.push(...some)
  }
}

async function songAt(entry: FileSystemFileEntry): Promise<Dropped> {
  const ending = entry.name.split('.').at(-1)?.toLowerCase() ?? ''
  if (!SONG_ENDINGS.includes(ending)) return { files: [], faults: [] }
  try {
    return { files: [await new Promise<File>((resolve, reject) => entry.file(resolve, reject))], faults: [] }
  } catch {
    return { files: [], faults: [`“${entry.name}” cannot be read.`] }
  }
}
