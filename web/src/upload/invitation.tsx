import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import { showFailure } from '../notice.ts'
import { makeDemoSong } from './demo/make-demo-song.ts'
import { FileInput } from './file-input.tsx'
import { isDraggedOver } from './listen-to-files.ts'
import type { OnAdded, Uploads } from './uploads.ts'

/** What a page without songs shows: what it is for, and the ways to the first song. */
export function Invitation({
  uploads,
  addedTo,
  options,
  children,
}: {
  uploads: Uploads
  addedTo(): OnAdded
  /** Opens the options for new songs. */
  options: ComponentChildren
  children: ComponentChildren
}) {
  const [isMaking, setMaking] = useState(false)
  const addDemo = async (): Promise<void> => {
    setMaking(true)
    const onAdded = addedTo()
    uploads.sendAll([await makeDemoSong().finally(() => setMaking(false))], onAdded)
  }
  return (
    <>
      <h2>Play any song without your part</h2>
      <p class="soft">Choose what you sing or play. Minus One takes it out of the recording, and you take its place.</p>
      {children}
      <FileInput class={isDraggedOver.value ? 'drop over' : 'drop'} uploads={uploads} addedTo={addedTo}>
        <Icon name="plus" />
        <strong>Drop a song here</strong>
        <span class="soft">or a folder of songs, or press to choose</span>
        <span class="soft small">mp3, m4a, flac, wav, ogg, opus, and nearly any other sound or video file</span>
      </FileInput>
      <div class="invitation-foot">
        <button type="button" class="quiet" disabled={isMaking} onClick={() => showFailure(addDemo())}>
          <Icon name="play" /> {isMaking ? 'The demo song is being made …' : 'or try the demo song'}
        </button>
        {options}
      </div>
    </>
  )
}
