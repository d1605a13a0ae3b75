import { useEffect, useMemo } from 'preact/hooks'
import { LyricsEditor, type LyricsEditorProps } from './lyrics/editor/lyrics-editor.tsx'
import { alignAgain, loadNewest, saveLyrics } from './lyrics/editor/lyrics-requests.ts'
import type { Player } from './player/player.ts'
import { playerForEditor, voiceForEditor } from './player-for-editor.ts'
import type { Song } from './server/songs.ts'

/** @property canAlign whether a worker can place words. Without a voice stem none can */
export type WordsEditingProps = { player: Player; song: Song; canAlign: boolean } & Pick<
  LyricsEditorProps,
  'title' | 'lyrics' | 'revision' | 'isAligning' | 'onClose'
>

/** The editor of a song's words, which has the player until it is closed. Fetch it by `edit-words.tsx`. */
export function WordsEditing({ player, song, canAlign, ...words }: WordsEditingProps) {
  const { music_id } = song.music
  const lent = useMemo(() => playerForEditor(player, song), [player, music_id])
  useEffect(() => () => lent.release(), [lent])
  const voice = useMemo(() => voiceForEditor(song), [music_id, song.segments])
  return (
    <LyricsEditor
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
