"""What the limits account says of a window, in which a tier is lowered for a time (law 9)."""

TEXTS: dict[str, dict[str, str]] = {
    "window": {
        "en": (
            "Your tier {tier} is lowered until {until}, as was announced. Your posts go to {kept} of your {count} followers"
            " ({cap} is your cap until then). The others are paused: they aren't told, they stay in your count, and nobody"
            " is removed by this. Afterwards everything is as before. Choose whom to keep meanwhile: {page}"
        ),
        "de": (
            "Deine Stufe {tier} ist wie angekündigt bis {until} herabgesetzt. Deine Posts gehen an {kept} deiner {count}"
            " Follower (deine Obergrenze ist bis dahin {cap}). Die anderen pausieren: man sagt es ihnen nicht, sie zählen"
            " weiter mit, und niemand wird dadurch entfernt. Danach ist alles wie zuvor. Wähle, wen du solange behältst:"
            " {page}"
        ),
    },
    "window_over": {
        "en": (
            "Your tier {tier} isn't lowered any longer. Whoever was paused only by that gets your posts again; you have"
            " {count} followers, and your cap is {cap}. {page}"
        ),
        "de": (
            "Deine Stufe {tier} ist nicht mehr herabgesetzt. Wer nur dadurch pausiert war, bekommt deine Posts wieder; du"
            " hast {count} Follower, und deine Obergrenze ist {cap}. {page}"
        ),
    },
    "window_pins": {
        "en": (
            "You pinned {names}, on servers from which too many people follow you to keep them all while your tier is"
            " lowered. They are paused until it is over. {page}"
        ),
        "de": (
            "Du hast {names} angeheftet, auf Servern, von denen dir zu viele folgen, um alle zu behalten, solange deine"
            " Stufe herabgesetzt ist. Sie pausieren, bis das vorüber ist. {page}"
        ),
    },
}
