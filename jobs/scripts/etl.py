from oleoduto_jobs.etl.steps import main

main()
