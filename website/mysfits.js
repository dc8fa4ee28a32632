/** The mysfits by the ids that the API gives; what is said of them is in texts/. */
export const MYSFITS = new Map(
  [
    ["4e53920c-505a-4a90-a694-b9300791f0ae", "evangeline", "Evangeline"],
    ["2b473002-36f8-4b87-954e-9a377e0ccbec", "pauly", "Pauly"],
    ["0e37d916-f960-4772-a25a-01b762b5c1bd", "coco", "CoCo"],
    ["da5303ae-5aba-495c-b5d6-eb5c4a66b941", "gretta", "Gretta"],
    ["a901bb08-1985-42f5-bb77-27439ac14300", "hasla", "Hasla"],
    ["b41ff031-141e-4a8d-bb56-158a22bea0b3", "snowflake", "Snowflake"],
    ["3f0f196c-4a7b-43af-9e29-6522a715342d", "gary", "Gary"],
    ["a68db521-c031-44c7-b5ef-bfa4c0850e2a", "nessi", "Nessi"],
    ["c0684344-1eb7-40e7-b334-06d25ac9268c", "atlantis", "Atlantis"],
    ["ac3e95f3-eb40-4e4e-a605-9fdd0224877c", "twilight-glitter", "Twilight Glitter"],
    ["33e1fbd4-2fd8-45fb-a42f-f92551694506", "cole", "Cole"],
    ["b6d16e02-6aeb-413c-b457-321151bb403d", "rujin", "Rujin"],
  ].map(([id, slug, name]) => [id, { id, slug, name }]),
);
