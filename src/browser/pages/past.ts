import { copyByButtons } from '../calculator/copy.ts'
import { messageList } from '../chat/message-list.ts'
import { pictureViewer } from '../chat/picture-viewer.ts'
import { reachWideBlocks } from '../chat/wide-blocks.ts'
import { closeRoomMenuWhenLeft } from '../live/disclosure.ts'
import { localizeTimes } from '../live/times.ts'

const list = document.querySelector<HTMLElement>('.message-list')
if (list) messageList(list)
else localizeTimes(document, 'whole')
reachWideBlocks([document])
closeRoomMenuWhenLeft()
const files = document.querySelector<HTMLElement>('.file-grid')
if (files) pictureViewer(files)
const lines = document.querySelector<HTMLElement>('.lines')
if (lines) copyByButtons(lines)
