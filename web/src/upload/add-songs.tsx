import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import { FileInput } from './file-input.tsx'
import { Invitation } from './invitation.tsx'
import { UploadList } from './upload-list.tsx'
import { OptionsButton, UploadOptions } from './upload-options.tsx'
import type { OnAdded, Uploads } from './uploads.ts'

/**
 * What adds songs, and the uploads.
 * @param isInvitation whether there are no songs yet: a first visitor is invited to add one
 * @param addedTo says what is done with the songs that are chosen now
 * @param children what a first visitor chooses before the first song
 */
export function AddSongs({
  uploads,
  isInvitation,
  addedTo = () => () => undefined,
  children,
}: {
  uploads: Uploads
  isInvitation: boolean
  addedTo?(): OnAdded
  children: ComponentChildren
}) {
  const [hasOptions, setOptions] = useState(false)
  const options = <OptionsButton isOpen={hasOptions} onPress={() => setOptions(!hasOptions)} />
  return (
    <section class={isInvitation ? 'add-songs invitation' : 'add-songs'} aria-label="Add songs">
      {isInvitation ? (
        <Invitation uploads={uploads} addedTo={addedTo} options={options}>
          {children}
        </Invitation>
      ) : (
        <div class="add-bar">
          <FileInput class="button primary" uploads={uploads} addedTo={addedTo}>
            <Icon name="plus" /> Add songs
          </FileInput>
          <span class="soft small">or drop them anywhere</span>
          {options}
        </div>
      )}
      {hasOptions ? <UploadOptions /> : null}
      {isInvitation ? <UploadList uploads={uploads} /> : null}
    </section>
  )
}
