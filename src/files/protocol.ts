import { type Static, Type } from 'typebox'

/** A file as everyone gets it who may read its message. */
export const FileFacts = Type.Object(
  {
    id: Type.String({ description: 'random: its address is /files/ID/NAME' }),
    name: Type.String({ description: 'without a path' }),
    type: Type.String({ description: 'the media type of its content' }),
    size: Type.Integer({ description: 'bytes' }),
    width: Type.Union([Type.Integer(), Type.Null()], {
      description: 'of a picture that can be shown, in pixels as it is shown; then it also has a thumbnail',
    }),
    height: Type.Union([Type.Integer(), Type.Null()]),
  },
  { title: 'File' },
)
export type FileFacts = Static<typeof FileFacts>

/** The fields of an upload. They are read as they come, and checked there. */
export const UploadFields = Type.Object({
  file: Type.String({ description: 'the file, as multipart/form-data' }),
})

/**
 * Accepts any id, since one that cannot exist is answered like one that does not. The name is for readers and for the name under
 * which a browser saves the file.
 */
export const FileParams = Type.Object({ id: Type.String(), name: Type.String() })

export const FileQuery = Type.Object({ thumbnail: Type.Optional(Type.String()) })

export const GalleryQuery = Type.Object({
  before: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })),
  kind: Type.Optional(Type.Union([Type.Literal('pictures'), Type.Literal('files')])),
})
