"""What is said of a moderator's mark on a post, and of what comes of three."""

TEXTS: dict[str, dict[str, str]] = {
    "post_marked": {
        "en": (
            "A moderator marked a post of yours as outside the scope of your licence: {post} Their reason: {reason}"
            " Your permit is off this post, and the lowest tier's limits hold for it. {most} such marks within 90 days"
            " suspend your tier. You can appeal: {page}"
        ),
        "de": (
            "Die Moderation hat einen deiner Beiträge als außerhalb deiner Lizenz gekennzeichnet: {post} Der Grund:"
            " {reason} Er trägt deinen Lizenzvermerk nicht mehr, und für ihn gelten die Grenzen der untersten Stufe. {most}"
            " solche Kennzeichnungen in 90 Tagen setzen deine Stufe aus. Du kannst widersprechen: {page}"
        ),
    },
    "rung_suspended": {
        "en": (
            "{marks:post|posts} of yours within 90 days were marked as outside the scope of your licence. Your tier is"
            " suspended: the lowest tier's limits hold, and an audience above its cap settles in stages. You can appeal"
            " against each mark; when fewer stand, your tier is back. {page}"
        ),
        "de": (
            "{marks:Beitrag|Beiträge} von dir wurden in 90 Tagen als außerhalb deiner Lizenz gekennzeichnet. Deine"
            " Stufe ist ausgesetzt: es gelten die Grenzen der untersten, und was darüber ist, schrumpft in Schritten. Du"
            " kannst jeder Kennzeichnung widersprechen; stehen weniger, hast du deine Stufe wieder. {page}"
        ),
    },
    "rung_restored": {
        "en": "Fewer than three marks of the last 90 days stand on your posts: your tier is {tier} again. {page}",
        "de": "Von den letzten 90 Tagen stehen weniger als drei Kennzeichnungen: deine Stufe ist wieder {tier}. {page}",
    },
}
