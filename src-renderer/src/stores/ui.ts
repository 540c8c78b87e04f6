import { toErrorReply, type ErrorReply } from '@shared/errors'
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface ImportRequest {
  /** Empty: the dialog asks. */
  paths: string[]
  /** Add to this dataset instead of making a new one. */
  datasetId?: string
}

export interface Toast {
  id: number
  tone: 'error' | 'success' | 'info'
  title: string
  text?: string
  code?: string
  action?: { label: string; run: () => void }
}

export interface ConfirmRequest {
  title: string
  text: string
  /** The button that goes ahead, as a verb: "Delete dataset". */
  confirm: string
  isDangerous?: boolean
}

/** What floats above every screen: toasts, the question before something final, the import dialog, the cheat sheet. */
export const useUi = defineStore('ui', () => {
  const toasts = ref<Toast[]>([])
  const importRequest = ref<ImportRequest | null>(null)
  const question = ref<(ConfirmRequest & { answer: (isYes: boolean) => void }) | null>(null)
  const isCheatSheetOpen = ref(false)
  let nextId = 1

  function toast(one: Omit<Toast, 'id'>, visibleMs = one.tone === 'error' ? 12_000 : 3500): void {
    const id = nextId++
    toasts.value = [...toasts.value.slice(-3), { ...one, id }]
    setTimeout(() => dismiss(id), visibleMs)
  }
  const dismiss = (id: number) => (toasts.value = toasts.value.filter((one) => one.id !== id))

  /** Shows what went wrong, with its code and what to do. Cancelling is no error and stays silent. */
  function showError(error: unknown, title = 'That did not work'): ErrorReply {
    const reply = toErrorReply(error)
    if (reply.code !== 'cancelled') toast({ tone: 'error', title, text: reply.message, code: reply.code })
    return reply
  }

  /** Asks before something that cannot be undone; resolves to the answer. */
  function confirm(request: ConfirmRequest): Promise<boolean> {
    return new Promise((resolve) => {
      question.value = {
        ...request,
        answer: (isYes) => {
          question.value = null
          resolve(isYes)
        },
      }
    })
  }

  const openImport = (request: ImportRequest = { paths: [] }): void => void (importRequest.value = request)

  return { toasts, importRequest, question, isCheatSheetOpen, toast, dismiss, showError, confirm, openImport }
})
