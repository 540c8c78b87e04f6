import { api, isDesktop } from '../../api'
import { useUi } from '../../stores/ui'

/** Where to write a file: the system's dialog on the desktop; in a browser the server's export folder is asked for. */
export function useSavePath() {
  const ui = useUi()
  async function choosePath(suggestedName: string): Promise<string | null> {
    const name = suggestedName.replace(/[\\/:*?"<>|\s]+/g, '-')
    if (isDesktop) return (await api.files.chooseSave({ suggestedName: name })).path
    const { path } = await api.files.list({})
    const out = `${path}/${name}`
    const isYes = await ui.confirm({
      title: 'Write the file on the server?',
      text: `This page is served by another program, which writes to its own disk: ${out}`,
      confirm: 'Write it',
    })
    return isYes ? out : null
  }
  return { choosePath }
}
