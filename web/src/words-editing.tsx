import { useEffect, useMemo, useState } from 'preact/hooks'
import type { LyricsEditorProps } from './lyrics/editor/lyrics-editor.tsx'
import { alignAgain, loadNewest, saveLyrics } from './lyrics/editor/lyrics-requests.ts'
import { showFailure } from './notice.ts'
import type { Player } from './player/player.ts'
import { playerForEditor, voiceForEditor } from './player-for-editor.ts'
import type { Song } from './server/songs.ts'

type Editor = typeof import('./lyrics/editor/lyrics-editor.tsx')

/**
 * The editor of a song's words. It is fetched when it is opened first, and has the player until it is closed.
 * @param canAlign whether a worker can place words. Without a voice stem none can
 */
export function WordsEditing({
  player,
  song,
  canAlign,
  ...words
}: { player: Player; song: Song; canAlign: boolean } & Pick<
  LyricsEditorProps,
  'title' | 'lyrics' | 'revision' | 'isAligning' | 'onClose'
>) {
  const [editor, setEditor] = useState<Editor | null>(null)
  const { music_id } = song.music
  useEffect(() => {
    const fetched = import('./lyrics/editor/lyrics-editor.tsx').then(setEditor)
    fetched.catch(words.onClose)
    showFailure(fetched)
  }, [])
  const lent = useMemo(() => playerForEditor(player, song), [player, music_id])
  useEffect(() => () => lent.release(), [lent])
  const voice = useMemo(() => voiceForEditor(song), [music_id, song.segments])
  if (!editor) return null
  return (
    <editor.LyricsEditor
      {...words}
      musicId={music_id}
      player={lent.player}
      voice={voice}
      onSave={(lyrics, revision) => saveLyrics(music_id, lyrics, revision)}
      loadNewest={() => loadNewest(music_id)}
      onAlignAgain={canAlign && voice ? () => alignAgain(music_id, words.lyrics.language) : null}
    />
  )
}
