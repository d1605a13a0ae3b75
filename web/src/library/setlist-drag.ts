import { showFailure } from '../notice.ts'
import { moveInSetlist, openSetlist } from './open-setlist.ts'

const SONG_TYPE = 'application/x-minus-one-song'

type RowEvent = DragEvent & { currentTarget: HTMLElement }

/** What makes a row of a setlist a song that can be dragged, and a place to drop one. */
export function dragOf(musicId: number) {
  const isOver = ({ dataTransfer }: RowEvent) => dataTransfer?.types.includes(SONG_TYPE) ?? false
  const mark = ({ currentTarget }: RowEvent, is: boolean) => currentTarget.classList.toggle('dropped-on', is)
  return {
    draggable: true,
    onDragStart({ dataTransfer }: RowEvent) {
      dataTransfer?.setData(SONG_TYPE, String(musicId))
    },
    onDragOver(event: RowEvent) {
      if (!isOver(event)) return
      event.preventDefault()
      mark(event, true)
    },
    onDragLeave(event: RowEvent) {
      mark(event, false)
    },
    onDrop(event: RowEvent) {
      mark(event, false)
      if (!isOver(event)) return
      event.preventDefault()
      const dragged = Number(event.dataTransfer?.getData(SONG_TYPE))
      const to = openSetlist.peek()?.songs.indexOf(musicId) ?? -1
      if (to >= 0 && dragged !== musicId) showFailure(moveInSetlist(dragged, { to }))
    },
  }
}
